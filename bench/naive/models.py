from django.db import models


class Message(models.Model):
    phone = models.CharField(max_length=16)
    template = models.CharField(max_length=512)
    variables = models.JSONField(default=list)
    status = models.CharField(max_length=10, default="PENDING", db_index=True)
    wamid = models.CharField(max_length=255, blank=True, db_index=True)
    response = models.JSONField(null=True)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        app_label = "naive"
        db_table = "naive_message"

    def __str__(self) -> str:
        return f"{self.phone} {self.status}"
