from __future__ import annotations

from django.urls import path

from wallets import views

urlpatterns = [
    path("", views.WalletListView.as_view(), name="wallets"),
    path("<int:pk>/history/", views.HistoryView.as_view(), name="wallet-history"),
    path("transfer/", views.TransferView.as_view(), name="wallet-transfer"),
    path("pay/", views.PayView.as_view(), name="wallet-pay"),
    path("deposit/", views.DepositView.as_view(), name="wallet-deposit"),
    path("withdraw/", views.WithdrawView.as_view(), name="wallet-withdraw"),
]
