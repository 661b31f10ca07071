"""Actions in Flatfile's words over HTTP: `api.actions` of the vendor's client, and their triggers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from fastapi import Path, Query
from pydantic import BeforeValidator, Field, WithJsonSchema

from engine.db.pool import Connection
from engine.errors import Forbidden
from engine.flatfile import actions
from engine.flatfile.actions import Action
from engine.model import Scope
from engine.web.context import Admitted, Call
from engine.web.flatfileshapes import JobResponse, Success, Values
from engine.web.routes import Routes
from engine.web.shapes import EXAMPLE_ID, Given, Moment, Shape

PATH = "/v1/actions"
T = TypeVar("T")
ActionId = Annotated[UUID, Path(alias="actionId", description="An action", examples=[EXAMPLE_ID])]
SpaceId = Annotated[str | None, Query(alias="spaceId", max_length=500, description="The space")]
_Text = Annotated[str, Field(max_length=4000)]
_Name = Annotated[str, Field(min_length=1, max_length=500)]
_Operation = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:\-]{1,80}$", examples=["export"])]


def _no_schedule(value: object) -> None:
    if value is not None:
        raise ValueError("nothing: a schedule of the handler runs it regularly")


class ActionFields(Given):
    """What an action may have. Much of it is for the buttons of a user interface, and only kept."""

    operation: _Operation | None = Field(None, description="What its jobs do: they are of the handler `kind:operation`")
    slug: _Operation | None = Field(None, description="The older name of `operation`")
    mode: Literal["foreground", "background", "toolbarBlocking"] | None = None
    tooltip: _Text | None = None
    messages: list[Values] | None = None
    type: _Name | None = None
    description: _Text | None = None
    schedule: Annotated[None, BeforeValidator(_no_schedule), WithJsonSchema({"type": "null"})] = None
    primary: bool | None = None
    confirm: bool | None = None
    icon: _Name | None = None
    require_all_valid: bool | None = None
    require_selection: bool | None = None
    input_form: Values | None = Field(None, description="What the input of its jobs is asked with")
    constraints: list[Values] | None = None
    mount: Values | None = None
    guide: Values | None = None
    guardrail: Values | None = None
    created_from: _Name | None = None

    @property
    def declared(self) -> Values:
        """What is given of it, in the vendor's words."""
        return self.model_dump(by_alias=True, exclude_none=True)


class NewAction(ActionFields):
    """A new action on a resource."""

    label: _Name = Field(examples=["Export Data"])
    target_id: _Name = Field(examples=["us_wb_1"])


class ActionChanges(ActionFields):
    """Changes of an action; what is left out stays."""

    label: _Name | None = None


class Trigger(Given):
    """What the job of a trigger is to know."""

    input: Values | None = Field(None, examples=[{}])
    metadata: Values | None = None


class ActionData(Shape):
    """An action."""

    id: str
    target_id: str
    label: str
    operation: str
    created_at: Moment
    updated_at: Moment
    space_id: str | None = None
    slug: str | None = None
    mode: str | None = None
    tooltip: str | None = None
    messages: list[Values] | None = None
    type: str | None = None
    description: str | None = None
    primary: bool | None = None
    confirm: bool | None = None
    icon: str | None = None
    require_all_valid: bool | None = None
    require_selection: bool | None = None
    input_form: Values | None = None
    constraints: list[Values] | None = None
    mount: Values | None = None
    guide: Values | None = None
    guardrail: Values | None = None
    created_from: str | None = None

    @classmethod
    def of(cls, action: Action) -> ActionData:
        """The action."""
        known = {"id": str(action.id), "targetId": action.target_id, "spaceId": action.space_id}
        times = {"createdAt": action.created_at, "updatedAt": action.updated_at}
        return cls.model_validate({**action.declared, **known, **times, "operation": action.operation})


class ActionResponse(Shape):
    """An action, as the client wraps it."""

    data: ActionData

    @classmethod
    def of(cls, action: Action) -> ActionResponse:
        """The action."""
        return cls(data=ActionData.of(action))


def register(routes: Routes) -> None:
    """The routes of `api.actions`, and of triggers."""
    # Only an id is one: `bulk` is another address, and knows other methods.
    one, body = f"{PATH}/{{actionId:uuid}}", (413, 415)
    for method, path, endpoint, access, name, errors in (
        ("GET", PATH, find, Scope.READ, "flatfileListActions", ()),
        ("POST", PATH, create, Scope.RUN, "flatfileCreateAction", body),
        ("POST", f"{PATH}/bulk", create_all, Scope.RUN, "flatfileCreateActions", body),
        ("GET", one, show, Scope.READ, "flatfileGetAction", ()),
        ("PATCH", one, update, Scope.MANAGE, "flatfileUpdateAction", body),
        ("DELETE", one, delete, Scope.MANAGE, "flatfileDeleteAction", ()),
        ("POST", f"{one}/trigger", trigger, Scope.RUN, "flatfileTriggerAction", body),
    ):
        routes.add(
            *(method, path, endpoint),
            access=access,
            name=name,
            tag="flatfile",
            errors=errors,
            response_model_exclude_none=True,
        )


_NO_TRIGGER = Trigger.model_validate({})


async def find(
    call: Admitted,
    space_id: SpaceId = None,
    target_id: Annotated[str | None, Query(alias="targetId", max_length=500, description="The resource")] = None,
) -> list[ActionData]:
    """List the actions of a space, or of a resource, in the order in which they were made."""
    async with call.pool.acquire() as conn:
        found = await actions.find(conn, call.app, space_id=space_id, target_id=target_id)
    return [ActionData.of(each) for each in found]


async def create(call: Admitted, action: NewAction, space_id: SpaceId = None) -> ActionResponse:
    """Declare an action on a workbook, sheet, file, space or document.

    Which of them it is, `mount.type` says, or the form of `targetId`.
    """
    (made,) = await _created(call, [action], space_id)
    return ActionResponse.of(made)


async def create_all(call: Admitted, given: list[NewAction], space_id: SpaceId = None) -> list[ActionData]:
    """Declare actions, all or none."""
    return [ActionData.of(each) for each in await _created(call, given, space_id)]


async def _created(call: Call, given: list[NewAction], space_id: str | None) -> list[Action]:
    declared = [each.declared for each in given]
    return await call.pool.run(lambda conn: actions.create(conn, call.by, space_id, declared))


async def show(call: Admitted, action_id: ActionId) -> ActionResponse:
    """Show an action."""
    async with call.pool.acquire() as conn:
        return ActionResponse.of(await actions.get(conn, call.app, action_id))


async def update(call: Admitted, action_id: ActionId, changes: ActionChanges) -> ActionResponse:
    """Change an action; the jobs that it made stay as they are."""

    async def work(conn: Connection, action: Action) -> Action:
        return await actions.update(conn, action, changes.declared)

    return ActionResponse.of(await _managed(call, action_id, work))


async def delete(call: Admitted, action_id: ActionId) -> Success:
    """Remove an action; the jobs that it made stay."""
    await _managed(call, action_id, actions.delete)
    return Success()


async def trigger(call: Admitted, action_id: ActionId, given: Trigger = _NO_TRIGGER) -> JobResponse:
    """Start a job of an action, which is ready at once.

    Its input is what is given, else the defaults of the action's form.
    """

    async def work(conn: Connection) -> JobResponse:
        action = await actions.get(conn, call.app, action_id)
        return JobResponse.of(await actions.trigger(conn, call.by, action, given.input, given.metadata))

    return await call.pool.run(work)


async def _managed(call: Call, action_id: UUID, work: Callable[[Connection, Action], Awaitable[T]]) -> T:
    """What the work made of the action, in a transaction; Forbidden if only others may manage it."""

    async def managed(conn: Connection) -> T:
        action = await actions.get(conn, call.app, action_id)
        if not call.token.may_manage(action.created_by):
            raise Forbidden(
                "this action was made by somebody else; a token with the scope admin may manage it",
                additional_info={"actionId": str(action.id), "createdBy": action.created_by},
            )
        return await work(conn, action)

    return await call.pool.run(managed)
