from __future__ import annotations

import os

from celery import shared_task
from django.utils import timezone
from heyoo import WhatsApp

from bench.naive.models import Message


@shared_task
def send(pk: int) -> None:
    message = Message.objects.get(pk=pk)
    message.status = "SENDING"
    message.save()
    client = WhatsApp(os.environ["WHATSAPP_ACCESS_TOKEN"], phone_number_id=os.environ["WHATSAPP_PHONE_NUMBER_ID"])
    client.url = f"{os.environ['WHATSAPP_GRAPH_URL']}/v25.0/{client.phone_number_id}/messages"
    parameters = [{"type": "text", "text": value} for value in message.variables]
    components = [{"type": "body", "parameters": parameters}]
    answer = client.send_template(message.template, message.phone, components, lang="en_US")
    message.response = answer
    if "messages" in answer:
        message.status, message.wamid = "SENT", answer["messages"][0]["id"]
        message.sent_at = timezone.now()
    else:
        message.status, message.error = "FAILED", str(answer)
    message.save()
