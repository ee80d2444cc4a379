"""What every endpoint shares: who calls, the tenant's scope, the caller's limit, answers kept, one error shape."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.api import limits
from integrations.api.errors import shaped
from integrations.api.once import Once
from integrations.api.parsing import StrictJSONParser, TooLarge
from integrations.api.signin import ByKey, SignedIn, enter
from tenants.access import Place
from tenants.permissions import Act, Right

LOOKING = ("GET", "HEAD", "OPTIONS")


class Member(BasePermission):
    """A member (or a key) whose rights allow one of the view's `acts` for the method."""

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        place = place_of(request)
        if place is None:
            return False
        if not hasattr(view, (request.method or "").lower()):
            return True  # nothing happens: it ends as a 405
        if request.method in LOOKING:
            return bool(place.may(Act.READ))
        if place.actor.kind == "operator":
            self.message = "An operator looks and changes nothing."
            return False
        if place.scopes is not None and not view.for_keys:
            self.message = "An API key does not do this: a person does."
            return False
        return any(place.may(act) & view.rights for act in cast(Sequence[Act], view.acts))


def place_of(request: Request) -> Place | None:
    """The tenant of this request's caller."""
    place: Place | None = getattr(request._request, "place", None)
    return place


class _Undone(Exception):
    """Carries a refusal out of the scope, so that nothing of a refused request stays."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@method_decorator(login_not_required, name="dispatch")
class Endpoint(APIView):
    """Base of all endpoints. A change needs one of `rights` to one of `acts`; `for_keys`: a key may do it too.

    The view runs in one scope; it is rolled back when the answer is a refusal. With `scoped = False` the view talks to
    the network and opens short scopes itself. `shown_once` names members of the answer that an Idempotency-Key does not
    get again: they are kept nowhere.
    """

    authentication_classes = (ByKey, SignedIn)
    permission_classes = (Member,)
    parser_classes = (StrictJSONParser,)
    acts: Sequence[Act] = ()
    rights = frozenset({Right.YES, Right.MAKER})
    for_keys = False
    scoped = True
    shown_once: Sequence[str] = ()
    global_view = True  # the middleware leaves the tenant and its scope to us

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        place = enter(request)
        key = request.headers.get("Idempotency-Key", "")
        if place is None or request.method != "POST" or not key:
            return self._answer(place, request, args, kwargs)
        try:
            once = Once(place, request, key)
            before = once.begin()
        except (APIException, RequestDataTooBig) as error:
            return self._refused(request, error, args, kwargs)
        if before is not None:
            return self._rendered(Response(before[1], status=before[0]), request, args, kwargs)
        done = False
        try:
            response = self._answer(place, request, args, kwargs, once)
            done = response.status_code < 400
        finally:
            if not done:
                once.forget()
        return response

    def _answer(
        self, place: Place | None, request: HttpRequest, args: Any, kwargs: Any, once: Once | None = None
    ) -> Response:
        if place is None or not self.scoped:
            response = self._run(request, args, kwargs)
            if once is not None and response.status_code < 400:
                once.keep(response.status_code, response.content, self.shown_once)
            return response
        try:
            with place.scope():
                response = self._run(request, args, kwargs)
                if response.status_code >= 400:
                    raise _Undone(response)
                if once is not None:
                    once.keep(response.status_code, response.content, self.shown_once)
                return response
        except _Undone as undone:
            return undone.response

    def _run(self, request: HttpRequest, args: Any, kwargs: Any) -> Response:
        response: Any = super().dispatch(request, *args, **kwargs)
        return cast(Response, response.render() if isinstance(response, Response) else response)  # a file is whole

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        limits.count(request, place_of(request))  # before sign-in is judged: guessing keys costs turns too
        super().initial(request, *args, **kwargs)

    def get_exception_handler(self) -> Callable[..., Any]:
        return shaped

    def _refused(self, request: HttpRequest, error: Exception, args: Any, kwargs: Any) -> Response:
        known = TooLarge() if isinstance(error, RequestDataTooBig) else error
        return self._rendered(cast(Response, shaped(known, {})), request, args, kwargs)

    def _rendered(self, response: Response, request: HttpRequest, args: Any, kwargs: Any) -> Response:
        """Finish an answer that no handler of this view has made."""
        self.args, self.kwargs, self.headers = args, kwargs, self.default_response_headers
        self.request = asked = self.initialize_request(request, *args, **kwargs)
        return cast(Response, self.finalize_response(asked, response, *args, **kwargs).render())
