"""The coordinator's doors, the front door and the help pages."""

from django.urls import include, path

from readerstudy.studies.views import copies, home, lists, monitor, people, studies

desk = [
    path("studies/", studies.study_list, name="studies"),
    path("studies/new/", studies.new_study, name="new_study"),
    path("studies/summary/", studies.summary, name="summary"),
    path("studies/<int:pk>/", studies.study, name="study"),
    path("studies/<int:pk>/edit/", studies.edit, name="edit"),
    path("studies/<int:pk>/protocol/", studies.protocol, name="protocol"),
    path("studies/<int:pk>/cases/", studies.cases, name="cases"),
    path("studies/<int:pk>/open/", studies.open_study, name="open"),
    path("studies/<int:pk>/close/", studies.close_study, name="close"),
    path("studies/<int:pk>/reopen/", studies.reopen_study, name="reopen"),
    path("studies/<int:pk>/copy/", copies.copy, name="copy"),
    path("studies/<int:pk>/people/", people.people, name="people"),
    path("studies/<int:pk>/people/add/", people.add_person, name="add_person"),
    path("studies/<int:pk>/people/list/", lists.invite_many, name="invite_many"),
    path("studies/<int:pk>/people/cards/", lists.cards, name="cards"),
    path("studies/<int:pk>/people/readers/<int:reader_pk>/replace/", lists.replace, name="replace_reader"),
    path("studies/<int:pk>/remind/", lists.remind, name="remind"),
    path("studies/<int:pk>/people/members/<int:member_pk>/remove/", people.remove, name="remove_member"),
    path("studies/<int:pk>/people/readers/<int:reader_pk>/withdraw/", people.withdraw, name="withdraw_reader"),
    path("studies/<int:pk>/people/readers/<int:reader_pk>/anonymise/", people.anonymise, name="anonymise_reader"),
    path("studies/<int:pk>/people/invitations/<int:invitation_pk>/", people.card, name="card"),
    path("studies/<int:pk>/people/invitations/<int:invitation_pk>/renew/", people.renew, name="renew"),
    path("studies/<int:pk>/people/invitations/<int:invitation_pk>/revoke/", people.revoke, name="revoke"),
    path("studies/<int:pk>/monitor/", monitor.monitor, name="monitor"),
    path("studies/<int:pk>/incidents/", monitor.incidents, name="incidents"),
    path("studies/<int:pk>/audit/", monitor.audit, name="audit"),
    path("studies/<int:pk>/audit/check/", monitor.check_audit, name="check_audit"),
    path("studies/<int:pk>/audit/export/", monitor.export_audit, name="export_audit"),
    path("", include("readerstudy.studies.urls_cohorts")),
    path("invitations/<str:token>/", people.accept, name="invitation"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("help/<slug:role>/", home.help_page, name="help"),
    path("", include((desk, "studies"))),
]
