from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.phone import InvalidPhoneNumber, to_e164
from users.answers import RefusalSerializer, RefusingView
from users.authentication import ServiceKeyAuthentication
from users.exceptions import BadPhoneNumber
from users.models import ServiceKey, User
from users.permissions import HasScope
from wallets import services
from wallets.exceptions import NoSuchWallet
from wallets.models import Entry, Transaction, Wallet
from wallets.serializers import (
    CashSerializer,
    EntrySerializer,
    MovementSerializer,
    PaySerializer,
    RefusedMovementSerializer,
    TransactionSerializer,
    TransferSerializer,
    WalletSerializer,
)
from wallets.services import LONGEST_TEXT, Details

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A repeat with the same key and body moves nothing and gets the first answer again.",
)


class HistoryPagination(CursorPagination):
    ordering = "-id"
    page_size = 50


class WalletListView(RefusingView, generics.ListAPIView[Wallet]):
    """The caller's wallets with their balances."""

    permission_classes = (IsAuthenticated,)
    serializer_class = WalletSerializer
    pagination_class = None
    queryset = Wallet.objects.none()

    def get_queryset(self) -> QuerySet[Wallet]:
        return own_wallets(self.request)


class HistoryView(RefusingView, generics.ListAPIView[Entry]):
    """What came into and went out of one of the caller's wallets, newest first."""

    permission_classes = (IsAuthenticated,)
    serializer_class = EntrySerializer
    pagination_class = HistoryPagination
    queryset = Entry.objects.none()

    def get_queryset(self) -> QuerySet[Entry]:
        wallet = one(own_wallets(self.request), pk=self.kwargs["pk"])
        return Entry.objects.filter(wallet=wallet).select_related(
            "transaction__source__owner", "transaction__destination__owner"
        )


class MovementView(RefusingView):
    """What is common to the four movements: subclasses say who may, what is asked, and do it."""

    form: type[MovementSerializer]

    def move(self, request: Request, asked: dict[str, Any], details: Details) -> Transaction:
        raise TypeError(f"{type(self).__name__} does not say how it moves money.")

    def answer(self, request: Request) -> Response:
        """201 with the transaction; 422 with the failed one and its reason."""
        form = self.form(data=request.data)
        form.is_valid(raise_exception=True)
        moved = self.move(request, form.validated_data, details_of(request, form.validated_data["note"]))
        shown = TransactionSerializer(moved).data
        if moved.status == Transaction.Status.COMPLETED:
            return Response(shown, status=status.HTTP_201_CREATED)
        sentence = f"Nothing was moved: {moved.failure_reason}."
        refused = {"detail": sentence, "code": moved.failure_code, "transaction": shown}
        return Response(refused, status=status.HTTP_422_UNPROCESSABLE_ENTITY)


def documented(form: type[MovementSerializer]) -> Any:
    refusals = dict.fromkeys((400, 404, 409), RefusalSerializer)
    return extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=form,
        responses={201: TransactionSerializer, 422: RefusedMovementSerializer} | refusals,
    )


class TransferView(MovementView):
    """Send money from the caller's own wallet to another person's wallet of the same currency."""

    permission_classes = (IsAuthenticated,)
    form = TransferSerializer

    @documented(TransferSerializer)
    def post(self, request: Request) -> Response:
        return self.answer(request)

    def move(self, request: Request, asked: dict[str, Any], details: Details) -> Transaction:
        source = one(own_wallets(request), pk=asked["wallet"])
        return services.transfer(source, wallet_of_phone(asked["phone_number"], source), asked["amount"], **details)


class PayView(MovementView):
    """Pay a merchant from the caller's own wallet."""

    permission_classes = (IsAuthenticated,)
    form = PaySerializer

    @documented(PaySerializer)
    def post(self, request: Request) -> Response:
        return self.answer(request)

    def move(self, request: Request, asked: dict[str, Any], details: Details) -> Transaction:
        source = one(own_wallets(request), pk=asked["wallet"])
        merchants = Wallet.objects.filter(kind=Wallet.Kind.MERCHANT, tenant_id=source.tenant_id)
        return services.pay(source, one(merchants, pk=asked["merchant"]), asked["amount"], **details)


class CashView(MovementView):
    """For staff, and for service keys with the scope `wallet:cash`."""

    permission_classes = (IsAdminUser | HasScope("wallet:cash"),)
    form = CashSerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [*super().get_authenticators(), ServiceKeyAuthentication()]


class DepositView(CashView):
    """Cash came in: for staff, and for service keys with the scope `wallet:cash`."""

    @documented(CashSerializer)
    def post(self, request: Request) -> Response:
        return self.answer(request)

    def move(self, request: Request, asked: dict[str, Any], details: Details) -> Transaction:
        return services.deposit(one(cash_wallets(request), pk=asked["wallet"]), asked["amount"], **details)


class WithdrawView(CashView):
    """Cash went out: for staff, and for service keys with the scope `wallet:cash`."""

    @documented(CashSerializer)
    def post(self, request: Request) -> Response:
        return self.answer(request)

    def move(self, request: Request, asked: dict[str, Any], details: Details) -> Transaction:
        return services.withdraw(one(cash_wallets(request), pk=asked["wallet"]), asked["amount"], **details)


def own_wallets(request: Request) -> QuerySet[Wallet]:
    return Wallet.objects.of_people().filter(owner_id=request.user.pk).select_related("owner", "tenant")


def cash_wallets(request: Request) -> QuerySet[Wallet]:
    """Whose cash the caller may book: a service key its tenant's, staff everybody's."""
    wallets = Wallet.objects.of_people().select_related("owner", "tenant")
    return wallets.filter(tenant=request.auth.tenant) if isinstance(request.auth, ServiceKey) else wallets


def one(wallets: QuerySet[Wallet], **lookup: object) -> Wallet:
    """Raises NoSuchWallet for what is not there and for what is somebody else's, alike."""
    wallet = wallets.filter(**lookup).first()
    if wallet is None:
        raise NoSuchWallet
    return wallet


def wallet_of_phone(phone_number: str, source: Wallet) -> Wallet:
    """The person's wallet of the source's tenant and currency. Raises BadPhoneNumber, NoSuchWallet."""
    try:
        phone = to_e164(phone_number, source.tenant.country)
    except InvalidPhoneNumber as error:
        raise BadPhoneNumber(str(error)) from error
    people = Wallet.objects.filter(kind=Wallet.Kind.PERSON, tenant_id=source.tenant_id, currency=source.currency)
    wallet = people.select_related("owner", "tenant").filter(owner__phone_number=phone).first()
    if wallet is None:
        raise NoSuchWallet(f"Nobody receives {source.currency} under this phone number.")
    return wallet


def details_of(request: Request, note: str) -> Details:
    """Who asks and under which key, from the request. Raises ValidationError for a key that is too long."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_TEXT:
        raise ValidationError({"Idempotency-Key": [f"At most {LONGEST_TEXT} characters."]})
    return {
        "initiated_by": request.user if isinstance(request.user, User) else None,
        "service_key": request.auth if isinstance(request.auth, ServiceKey) else None,
        "idempotency_key": key,
        "note": note,
    }
