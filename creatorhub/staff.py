"""What every page of the staff admin has in common: it shows rows, and changes them only through
services.

The admin itself never adds, changes or deletes a row. What staff may do is an action: it asks for
a reason on a page of its own, then calls a service, which writes the log.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from allauth.account.decorators import secure_admin_login
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, gettext_lazy

from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.fresh import ask_for_fresh_sign_in
from creatorhub.models import User
from creatorhub.roles import Power
from creatorhub.texts import LineInput

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OUR_APPS = frozenset(
    {"operations", "accounts", "remixer", "consent", "library", "audit", "creatorhub"}
)
MAX_ROWS = 500
# What Django's filters for booleans, choices, dates and empty columns add to the field's name.
FILTER_LOOKUPS = ("exact", "isnull", "isempty", "gte", "lt")

M = TypeVar("M", bound=Model)
Row = TypeVar("Row")
Told = str | Refused  # what an action says of one row: done, or why not
Act = Callable[..., Iterator[Told]]


class ReasonForm(forms.Form):
    reason = LineInput(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=gettext_lazy("The creator reads this in their history, and it stays in the log."),
    )


class NoReasonForm(forms.Form):
    """For an action that needs no reason: the page only asks for confirmation."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What an act will touch, counted before it: a line for each kind of thing. `number`, if there
    is one, is what the person types to show that they have read it; `of` completes “Type the number
    of …”. `texts` are shown whole, as (heading, text); `digest`, if there is one, is sent back with
    the form, which is refused where it has changed since."""

    lines: Sequence[StrOrPromise]
    number: int | None = None
    of: StrOrPromise = ""
    texts: Sequence[tuple[StrOrPromise, str]] = ()
    digest: str = ""


def with_number(form: forms.Form, reach: Reach) -> forms.Form:
    """Let the form ask for the number, and refuse another: also the one of a page on which it has
    changed since."""
    if reach.number is None:
        return form

    def check(value: int) -> None:
        if value != reach.number:
            raise forms.ValidationError(
                gettext("The number is %(number)s now. Look again at what will be touched.")
                % {"number": reach.number}
            )

    form.fields["number"] = forms.IntegerField(
        label=gettext("Type the number of %(what)s: %(number)s")
        % {"what": reach.of, "number": reach.number},
        label_suffix="",  # the label has its colon
        localize=False,
        validators=[check],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    return form


def _refuse_unseen(form: forms.Form, reach: Reach) -> None:
    """An error of the form, if its page showed other texts than those of now."""
    if form.is_bound and reach.digest and form.data.get("digest") != reach.digest:
        form.add_error(None, gettext("The text has changed meanwhile. Read it again."))


class StaffList(ChangeList):
    """A list narrowed by its declared filters and its search alone.

    Django also filters by any field of the row, and by those of any row that it is related to
    (`?password__startswith=`, `?auth_token__key__startswith=`). By such a filter a member of staff
    could find out a secret that no page shows, one character after the other.
    """

    def get_filters(self, request: HttpRequest) -> tuple[Any, ...]:
        """Every declared filter takes its own parameters; what is left is refused (400)."""
        specs, has_filters, left_over, *more = super().get_filters(request)
        if left_over:
            raise DisallowedModelAdminLookup(f"Filtering by {', '.join(left_over)} not allowed")
        return specs, has_filters, left_over, *more


class _SetFilter(admin.EmptyFieldListFilter):
    """Whether a column has a value, in words of its own."""

    words: tuple[StrOrPromise, StrOrPromise, StrOrPromise]  # the heading; without; with a value

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = self.words[0]

    def choices(self, changelist: Any) -> Iterator[Any]:
        every, without, having = super().choices(changelist)
        yield every
        yield {**without, "display": self.words[1]}
        yield {**having, "display": self.words[2]}


def whether(field: str, title: StrOrPromise, *, unset: StrOrPromise, is_set: StrOrPromise) -> Any:
    """An entry of `list_filter`, for a column that may be empty."""
    return field, type("SetFilter", (_SetFilter,), {"words": (title, unset, is_set)})


class StaffAdmin(admin.ModelAdmin[M]):
    """Rows to look at, for staff whose roles include `looking`; nobody may write, not even a
    superuser. An action is offered to those whose roles include its power."""

    looking = Power.LOOK
    acting: tuple[str, ...] = ()  # fields that are links to acts: shown to moderators alone

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        return (
            fields if may(request, Power.MODERATE) else [f for f in fields if f not in self.acting]
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Raises Refused for a filter that the list does not have: Django would show all rows."""
        try:
            return super().changelist_view(request, extra_context)
        except DisallowedModelAdminLookup as wrong:
            refused = Refused(
                gettext(
                    "This list has no such filter. Open it anew and use the filters beside it."
                ),
                code="unknown_filter",
            )
            refused.about = request.path
            raise refused from wrong

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        try:
            return super().get_changelist_instance(request)
        except IncorrectLookupParameters as wrong:
            raise DisallowedModelAdminLookup(*wrong.args) from wrong

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what `list_filter` names, by the lookups that its filters offer. Django would also
        allow every field of the row itself, and with it the start of a password's hash."""
        return lookup in _parameters_of(self.list_filter)

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Rows are addressed by their primary key alone."""
        return to_field == self.opts.pk.name

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StaffList]:
        return StaffList

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, self.looking)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        return {n: one for n, one in actions.items() if one and may(request, _power_of(one[0]))}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _parameters_of(list_filter: Iterable[Any]) -> set[str]:
    """The parameters that the filters of a list may take from its address."""
    names: set[str] = set()
    for declared in list_filter:
        if isinstance(declared, type):
            names.add(declared.parameter_name)  # type: ignore[attr-defined]  # a SimpleListFilter
        else:
            field = declared if isinstance(declared, str) else declared[0]
            names |= {field, *(f"{field}__{lookup}" for lookup in FILTER_LOOKUPS)}
    return names


def may(request: HttpRequest, power: Power) -> bool:
    """Whether the member of staff who is signed in may do this."""
    return isinstance(request.user, User) and power in request.user.powers


def require_power(request: HttpRequest, power: Power) -> None:
    """Raises PermissionDenied (403)."""
    if not may(request, power):
        raise PermissionDenied


def _power_of(action: Any) -> Power:
    """What an action needs; the most, where it does not say."""
    return getattr(action, "power", Power.ADMINISTER)


def staff_actor(request: HttpRequest) -> Actor:
    if not isinstance(request.user, User):
        raise PermissionError("Nobody is signed in.")
    return Actor.staff(request.user)


def each(rows: Iterable[Row], do: Callable[[Row], str]) -> Iterator[Told]:
    """Do something to every row, by itself: what is refused for one is said with its name, and
    the others are done all the same."""
    for row in rows:
        try:
            yield do(row)
        except Refused as refused:
            words = {"name": row, "sentence": refused.sentence}
            yield Refused(gettext("%(name)s: %(sentence)s") % words, code=refused.code)


def _page_of(page: StaffAdmin[Any], row: Model) -> str:
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
    return reverse(name, args=[quote(row.pk)])


def reasoned(
    label: StrOrPromise,
    *,
    consequence: StrOrPromise,
    button: StrOrPromise,
    form_class: type[forms.Form] = ReasonForm,
    power: Power = Power.MODERATE,
    reach: Callable[[list[Any]], Reach] | None = None,
    fit: Callable[[Any, list[Any]], None] | None = None,
) -> Callable[[Act], Any]:
    """Turn `act(self, rows, *, actor, **form)` into an admin action behind a page that says what
    will happen and what it will touch (`reach`), and asks for a reason and, of what touches much,
    for the number. `fit(form, rows)` makes the form fit the rows. `act` yields a sentence for each
    thing that it did, and a Refused for each that it did not: see `each`."""

    def decorate(act: Act) -> Any:
        @admin.action(description=label)
        @functools.wraps(act)
        def action(
            page: StaffAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]
        ) -> HttpResponse | None:
            rows = list(queryset[: MAX_ROWS + 1])
            if len(rows) > MAX_ROWS:
                sentence = gettext("Choose at most %(most)s at once.") % {"most": MAX_ROWS}
                page.message_user(request, sentence, messages.ERROR)
                return None
            require_power(request, power)
            touched = reach(rows) if reach else Reach([])
            form = form_class(request.POST if "confirmed" in request.POST else None)
            if fit:
                fit(form, rows)
            with_number(form, touched)
            _refuse_unseen(form, touched)
            if not form.is_valid():
                context = {
                    **page.admin_site.each_context(request),
                    "title": label,
                    "opts": page.opts,
                    "rows": [(row, _page_of(page, row)) for row in rows],
                    "consequence": consequence,
                    "reach": touched,
                    "button": button,
                    "action": act.__name__,
                    "form": form,
                }
                status = 422 if form.is_bound else 200
                return TemplateResponse(request, "admin/reason.html", context, status=status)
            actor, given = staff_actor(request), dict(form.cleaned_data)
            given.pop("number", None)
            for told in act(page, rows, actor=actor, **given):
                if isinstance(told, Refused):
                    page.message_user(request, told.sentence, messages.ERROR)
                else:
                    page.message_user(request, told, messages.SUCCESS)
            return None

        action.power = power  # type: ignore[attr-defined]
        return action

    return decorate


class StaffSite(admin.AdminSite):
    """Shows only pages written as StaffAdmin. Those that packages register for their tables (API
    tokens, e-mail addresses, second factors, flags, groups) are left out: with each of these staff
    could go around the services, and with some act as a creator."""

    site_header = gettext_lazy("CreatorHub staff")
    site_title = gettext_lazy("CreatorHub staff")
    index_title = gettext_lazy("What staff can do")
    index_template = "admin/staff_index.html"
    enable_nav_sidebar = False  # the first page has all of it, and lists need the width
    site_url = "/"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Raises ImproperlyConfigured for a table of ours without a StaffAdmin: Django's own admin
        could be filtered by any secret, and writes rows without a service."""
        if admin_class and issubclass(admin_class, StaffAdmin):
            super().register(model_or_iterable, admin_class, **options)
            return
        one = isinstance(model_or_iterable, type)
        models: Iterable[Any] = [model_or_iterable] if one else model_or_iterable
        for model in models:
            if apps.get_app_config(model._meta.app_label).name in OUR_APPS:
                raise ImproperlyConfigured(
                    f"The admin of {model._meta.label} must inherit creatorhub.staff.StaffAdmin."
                )

    def has_permission(self, request: HttpRequest) -> bool:
        return may(request, Power.ENTER)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002
        """As Django's, for staff with a second factor where it is asked for; what they send asks
        for a fresh sign-in."""
        inner = super().admin_view(view, cacheable)
        leaves = view == self.logout

        @functools.wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if self.has_permission(request) and not leaves:
                if settings.STAFF_SECOND_FACTOR and not is_mfa_enabled(request.user):
                    messages.warning(
                        request, gettext("Staff need a second factor. Add one, then go on.")
                    )
                    return redirect("mfa_index")
                if request.method == "POST":
                    ask_for_fresh_sign_in(request)
            return inner(request, *args, **kwargs)

        return guarded

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The one sign-in page of the product, with its throttle; never the admin's own. Raises
        PermissionDenied for who is signed in and has no role."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return super().login(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The one page of the product for it; never the admin's own, which tells nobody."""
        return redirect("account_change_password")
