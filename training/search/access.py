"""The door of one search: investigators of a study on its cohort."""

from django.http import Http404
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.studies.access import INVESTIGATOR, cohort_for
from training.search.models import Search


def search_for(user: User, pk: int) -> Search:
    """Search ``pk`` if the user investigates on its cohort: else 403 for its other people, 404 for strangers."""
    search = Search.objects.select_related("cohort", "created_by").filter(pk=pk).first()
    if search is None:
        raise Http404(_("No such search."))
    cohort_for(user, search.cohort_id, INVESTIGATOR)
    return search
