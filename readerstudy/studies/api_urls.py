from django.urls import include, path

from readerstudy.studies import api, api_anonymity, api_audit, api_readers

app_name = "studies_api"
urlpatterns = [
    path("", include("readerstudy.studies.api_urls_cohorts")),
    path("studies/", api.Studies.as_view(), name="studies"),
    path("studies/<int:pk>/", api.StudyDetail.as_view(), name="study"),
    path("studies/<int:pk>/protocols/", api.Protocols.as_view(), name="protocols"),
    path("studies/<int:pk>/cases/", api.Cases.as_view(), name="cases"),
    path("studies/<int:pk>/open/", api.Open.as_view(), name="open"),
    path("studies/<int:pk>/close/", api.Close.as_view(), name="close"),
    path("studies/<int:pk>/reopen/", api.Reopen.as_view(), name="reopen"),
    path("studies/<int:pk>/copy/", api.Copy.as_view(), name="copy"),
    path("studies/<int:pk>/readers/", api.Readers.as_view(), name="readers"),
    path("studies/<int:pk>/readers/<int:reader_pk>/withdraw/", api.WithdrawReader.as_view(), name="withdraw_reader"),
    path(
        "studies/<int:pk>/readers/<int:reader_pk>/anonymise/",
        api_anonymity.AnonymiseReader.as_view(),
        name="anonymise_reader",
    ),
    path("studies/<int:pk>/invitations/", api.Invitations.as_view(), name="invitations"),
    path("studies/<int:pk>/invitations/<int:invitation_pk>/renew/", api.RenewInvitation.as_view(), name="renew"),
    path("studies/<int:pk>/invitations/<int:invitation_pk>/revoke/", api.RevokeInvitation.as_view(), name="revoke"),
    path("studies/<int:pk>/invitations/list/", api_readers.InviteMany.as_view(), name="invite_many"),
    path("studies/<int:pk>/remind/", api_readers.Remind.as_view(), name="remind"),
    path(
        "studies/<int:pk>/readers/<int:reader_pk>/replace/",
        api_readers.ReplaceReader.as_view(),
        name="replace_reader",
    ),
    path("studies/<int:pk>/members/", api_readers.Members.as_view(), name="members"),
    path("studies/<int:pk>/members/<int:member_pk>/remove/", api_readers.RemoveMember.as_view(), name="remove_member"),
    path("studies/<int:pk>/monitor/", api.Monitor.as_view(), name="monitor"),
    path("studies/<int:pk>/audit/", api_audit.Audit.as_view(), name="audit"),
    path("studies/<int:pk>/audit/check/", api_audit.CheckAudit.as_view(), name="check_audit"),
    path("studies/<int:pk>/audit/export/", api_audit.ExportAudit.as_view(), name="export_audit"),
    path("studies/<int:pk>/incidents/", api.Incidents.as_view(), name="incidents"),
]
