"""EXECUTE_ACTION: an action's script, once on its own, once for a query, or once for each record.

An action of kind One record works through pages of ids. The page and the results so far are the job's
checkpoint; each record is a step with a journal of its own, whose row 0 is the record as the script
saw it. So a worker's death costs at most the replay of one page, and no effect happens twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from engine.apps.manifest import Action, ActionKind, Entity
from engine.data import records
from engine.errors import BadRequest
from engine.executors import program, script
from engine.executors.calls import JobCalls
from engine.executors.endings import Ending, Finished
from engine.executors.results import MAX_RESULTS, error_line
from engine.executors.run import Effect, Run
from engine.hostapi.caller import Origin
from engine.jobs import store
from engine.jobs.journal import Entry, Line
from scripting.host import Session
from scripting.model import Returned, Threw

PAGE = 100


async def execute(run: Run) -> Ending:
    """Runs the action that the spec names, of the version on which the job runs."""
    app = await run.app()
    spec = run.claim.spec
    action = app.manifest.action(spec.get("entityName"), spec["actionName"])
    if action.kind is not ActionKind.ONE:
        return await _once(run, action)
    if action.entity is None:
        raise BadRequest(f"action {action.name} runs on records, but belongs to no entity")
    return await _OneByOne(run, action, app.manifest.entity(action.entity)).execute()


async def _once(run: Run, action: Action) -> Ending:
    ending = await script.once(run, begin(run, action))
    if isinstance(ending, Finished) and not action.return_response:
        return Finished({"results": {"status": "ok"}})
    return ending


def begin(run: Run, action: Action) -> Origin:
    """Where the script of an action begins that runs once."""
    spec = run.claim.spec
    variables: dict[str, Any] = {"params": spec["params"], "action": action.name}
    if action.kind is ActionKind.MANY:
        variables["query"] = spec["query"]
    return script.start(run, {"path": action.script}, variables)


def begin_record(run: Run, action: Action, step: int, record: Any) -> Origin:
    """Where the script of an action begins for one record, as the step's journal has it."""
    variables = {"record": {"$record": record}, "params": run.claim.spec["params"], "action": action.name}
    return script.at_step(run, {"path": action.script}, variables, step)


@dataclass(slots=True)
class _Place:
    """How far the job is: JSON in its checkpoint."""

    total: int
    ids: list[str] = field(default_factory=list)
    cursor: str | None = None
    more: bool = True
    step: int = 0
    done: int = 0
    failed: int = 0
    results: dict[str, Any] = field(default_factory=dict)


class _OneByOne:
    """Runs an action's script for each record that the query finds."""

    def __init__(self, run: Run, action: Action, entity: Entity) -> None:
        self._run = run
        self._action = action
        self._entity = entity
        self._place = _Place(0)
        self._errors: list[Line] = []

    async def execute(self) -> Ending:
        """Every record once; a record whose script throws does not stop the others."""
        self._place = await self._load_place()
        chosen = await program.load(self._run, {"path": self._action.script})
        async with program.session(self._run, chosen) as child:
            while self._place.ids or self._place.more:
                if not self._place.ids:
                    await self._next_page()
                    continue
                ended = await self._record(child, self._place.ids[0])
                if ended is not None:
                    return ended
        for line in self._errors:
            self._run.journal.log(line)
        return Finished({"results": self._place.results}, has_errors=self._place.failed > 0)

    async def _load_place(self) -> _Place:
        if self._run.claim.checkpoint:
            return _Place(**self._run.claim.checkpoint)
        async with self._run.services.pool.acquire() as conn:
            total = await records.count(conn, self._run.claim.app, self._entity, self._run.claim.spec["query"])
        return _Place(total)

    async def _next_page(self) -> None:
        """Fixes the ids of the next page before any of its scripts can change what the query finds."""
        place = self._place
        async with self._run.services.pool.acquire() as conn:
            page = await records.find_page(
                conn,
                self._run.claim.app,
                self._entity,
                self._run.claim.spec["query"],
                cursor=place.cursor,
                limit=PAGE,
            )
        # The query may be slow, and commands that are for the job would wait for it.
        async with self._run.effect() as scope:
            ids, cursor = [str(record.id) for record in page.items], page.next
            self._place = replace(place, ids=ids, cursor=cursor, more=cursor is not None)
            await self._save(scope)
        self._errors.clear()

    async def _save(self, scope: Effect) -> None:
        """Writes the checkpoint, the progress and the errors so far, in the transaction of whatever moved the job on:
        replayed steps do not log twice."""
        place = self._place
        scope.lines.extend(self._errors)
        percent = 99 if not place.total else min(99, place.done * 100 // place.total)
        await store.set_progress(scope.conn, self._run.claim.id, percent=percent, checkpoint=asdict(place))

    async def _record(self, child: Session, record_id: str) -> Ending | None:
        """Runs the script for one record; an ending if the attempt ends here."""
        record = await self._read(record_id)
        if record is None:
            self._failed(record_id, "notFound", "the record was removed meanwhile", {})
            return None
        origin = begin_record(self._run, self._action, self._place.step, record)
        calls = JobCalls(self._run, origin, on_park=self._save)
        match await program.execute(self._run, child, calls, origin):
            case Returned(value=value):
                answer = {"response": value} if self._action.return_response else {}
                self._count(record_id, {"status": "ok", **answer})
            case Threw() as threw:
                self._failed(record_id, threw.code, threw.message, threw.additional_info)
            case other:
                return program.ending(other)
        return None

    async def _read(self, record_id: str) -> Any:
        """The record as this step saw it first: row 0 of the step's journal."""
        step = self._place.step
        seen = await self._run.journal.recorded(step, 0)
        if seen is not None:
            return seen.reply
        async with self._run.services.pool.acquire() as conn:
            found = await records.find_by_id(conn, self._run.claim.app, self._entity, record_id)
        wire = None if found is None else found.to_wire()
        now_ms = self._run.services.clock_ms()
        self._run.journal.note(Entry(step, 0, "record", record_id, record_id, now_ms).answered(wire))
        return wire

    def _count(self, record_id: str, result: Mapping[str, Any]) -> None:
        place = self._place
        place.ids.pop(0)
        place.step += 1
        place.done += 1
        if len(place.results) < MAX_RESULTS:
            place.results[record_id] = dict(result)

    def _failed(self, record_id: str, code: str, message: str, additional_info: Mapping[str, Any]) -> None:
        """Results have no code (seed 003); the line of the log has it, for people and for whoever waits."""
        self._place.failed += 1
        info = {"recordId": record_id, "code": code, "additionalInfo": dict(additional_info)}
        self._errors.append(error_line(self._run, f"{record_id}: {message}", info))
        self._count(record_id, {"status": "error", "errorMessage": message})
