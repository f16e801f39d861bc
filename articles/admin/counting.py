"""Lists of tables that grow: they count as far as a glance needs, and no further.

A count of a million rows and a leap over half of them cost what the table is large,
and tell nobody anything. Here a list counts up to ``MOST_COUNTED``, has no pages behind
that, and says of a whole table about how many rows it has.
"""

from functools import cached_property
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import connections, router
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

#: How far a list is counted, and how far its pages go. Whoever looks for what lies
#: behind narrows the list.
MOST_COUNTED = 5_000


class BoundedPaginator(Paginator):
    """Pages of the first ``MOST_COUNTED`` rows; ``is_whole`` says if those are all."""

    @cached_property
    def _counted(self) -> int:
        return count_up_to(MOST_COUNTED, self.object_list)

    @property
    def count(self) -> int:
        return min(self._counted, MOST_COUNTED)

    @property
    def is_whole(self) -> bool:
        return self._counted <= MOST_COUNTED


class BoundedChangeList(ChangeList):
    """A list that says “5,000+” where it has counted no further."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.is_whole = self.paginator.is_whole

    @property
    def shown_count(self) -> str:
        """How many rows there are, as far as they were counted."""
        number = number_format(self.result_count, force_grouping=True)
        return number if self.is_whole else f"{number}+"

    @property
    def estimate(self) -> str:
        """About how many rows the whole table has; "" where nobody knows."""
        narrowed = self.query or self.has_active_filters or self.get_filters_params()
        if self.is_whole or narrowed or not (rows := estimated_rows(self.model)):
            return ""
        # Two figures that mean something: more would look like a count.
        rounded = int(float(f"{rows:.1e}"))
        return _("of about %s") % number_format(rounded, force_grouping=True)


class BoundedAdmin(admin.ModelAdmin):
    """A list of a table that grows."""

    paginator = BoundedPaginator
    show_full_result_count = False
    #: Counts beside each choice of each filter would be as many counts.
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList

    def response_action(
        self, request: HttpRequest, queryset: QuerySet, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Django's, but for “all” of a list that was not counted to its end."""
        across = request.POST.get("select_across", "0") != "0"
        if across and count_up_to(MOST_COUNTED, queryset) > MOST_COUNTED:
            said = _("These are more than %(most)s. Narrow the list first.")
            said %= {"most": number_format(MOST_COUNTED, force_grouping=True)}
            self.message_user(request, said, messages.ERROR)
            return None
        return super().response_action(request, queryset, *args, **kwargs)


def count_up_to(most: int, rows: Any) -> int:
    """How many rows there are, but at most ``most`` + 1."""
    if not isinstance(rows, QuerySet):
        return len(rows)
    return int(rows.order_by().values("pk")[: most + 1].count())


def newest_of(rows: QuerySet[Any], column: str = "pk") -> Any:
    """The newest of these rows, by a column with an index: as many as are counted.

    So many one may afford to look through where no index tells what is looked for.
    """
    ordered = rows.order_by(f"-{column}").values_list(column, flat=True)
    edge = list(ordered[MOST_COUNTED - 1 : MOST_COUNTED])
    return rows.filter(**{f"{column}__gte": edge[0]}) if edge else rows


def estimated_rows(model: type[Model]) -> int:
    """About how many rows a table has, as PostgreSQL's planner knows; else 0."""
    connection = connections[router.db_for_read(model)]
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass",
            [model._meta.db_table],
        )
        return max(0, int(cursor.fetchone()[0]))
