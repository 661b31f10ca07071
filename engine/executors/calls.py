"""Serves the host calls of one run of a script: replays what the journal has, does and records the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from engine.db import cancellation
from engine.db.pool import Connection
from engine.errors import BadRequest, DatabaseUnavailable, HeadraceError, LostRace
from engine.executors.log_limit import LogLimit
from engine.executors.run import Effect as Scope
from engine.executors.run import Run
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller, Origin, Park, Reach
from engine.hostapi.table import CALLS, Continue, Effect, Inside, Outside, Read, Wait
from engine.jobs import journal, locks, store, waits
from engine.jobs.filters import at
from engine.jobs.journal import Diverged, Entry, Line
from engine.model import LogLevel, Status
from engine.net.request import Rules
from scripting.fingerprint import fingerprint, shown
from scripting.model import ENDED, Failure, Interrupt, Json, Recorded, Reply, Value

# Lines of a job's own log wait at most this long for the next effect, so that whoever tails sees them.
FLUSH_S = 0.2
# Replies of the journal go to the script's process in batches of about this size (docs/decisions.md).
BATCH_BYTES = 256 * 1024


class JobCalls:
    """The calls of one run of a job's script, numbered from 1.

    `on_park` writes, in the transaction that parks the job, what its executor has to remember.
    """

    def __init__(self, run: Run, origin: Origin, *, on_park: Callable[[Scope], Awaitable[None]] | None = None) -> None:
        self._run = run
        self._origin = origin
        self._on_park = on_park
        self._clock_ms = origin.start_ms
        self._log_limit = LogLimit(run.limits)
        self._handed_out: Mapping[int, Entry] = {}
        self._lock = asyncio.Lock()
        self._flusher: asyncio.Task[None] | None = None

    async def call(self, seq: int, method: str, args: list[Json]) -> Reply:
        """The reply to a call, from the journal if it is there; Interrupt if the run ends at this call."""
        async with self._lock:
            self._run.check()
            asked = self._entry(seq, method, args)
            recorded = self._handed_out.get(seq)
            if recorded is None:
                recorded = await self._run.journal.recorded(self._origin.step, seq)
                self._run.services.metrics.replayed(int(recorded is not None and not recorded.open))
            if recorded is not None:
                compare(recorded, asked)
                if not recorded.open:
                    return self._replay(recorded, args)
            call = CALLS.get(method)
            if isinstance(call, Outside):
                return await self._outside(call, asked, args)
            return await cancellation.whole(self._serve(call, asked, args, recorded))

    async def ahead(self, seq: int) -> Sequence[Recorded]:
        """The replies that the journal has from call `seq` on: the script's process compares the calls itself."""
        found = await self._run.journal.ahead(self._origin.step, seq, most_bytes=BATCH_BYTES)
        self._handed_out = {entry.seq: entry for entry in found}
        if found:
            self._run.services.metrics.replayed(len(found))
            self._clock_ms = max(self._clock_ms, found[-1].at_ms)
            for entry in found:
                if entry.method == "jobs.log":
                    self._log_limit.replayed(entry.args)
        return [Recorded(entry.method, entry.args_hash, entry.failed, entry.text, entry.at_ms) for entry in found]

    @property
    def clock_ms(self) -> int:
        """The script's clock."""
        return self._clock_ms

    def at(self, place: str) -> None:
        """Jobs do not trace their scripts."""

    async def ended(self) -> None:
        """The script is over: Diverged if it did more when it ran before."""
        head = await self._run.journal.head()
        if head is not None and head.step == self._origin.step:
            raise _ended_early(head)

    def _entry(self, seq: int, method: str, args: list[Json]) -> Entry:
        call = CALLS.get(method)
        text = call.shown(args) if isinstance(call, Outside) else shown(args)
        return Entry(self._origin.step, seq, method, fingerprint(args), text, self._clock_ms)

    def _replay(self, entry: Entry, args: list[Json]) -> Reply:
        self._clock_ms = max(self._clock_ms, entry.at_ms)
        match entry.method, args:
            case "jobs.log", [target, _, str(message)] if target in (None, str(self._run.claim.id)):
                self._log_limit.add(message)
        if not entry.failed:
            return Value(entry.reply, self._clock_ms)
        error = entry.reply
        return Failure(error["code"], error["message"], error["additionalInfo"], self._clock_ms)

    async def _serve(self, call: Inside | None, asked: Entry, args: list[Json], begun: Entry | None) -> Reply:
        self._clock_ms = max(self._clock_ms, self._run.services.clock_ms())
        caller = Caller(self._run.claim, self._origin, self._run.services.apps, self._clock_ms, asked.seq)
        entry = replace(asked, at_ms=self._clock_ms)
        try:
            if call is None:
                raise BadRequest.field("method", entry.method, "a call of the host API")
            self._run.services.metrics.host_call(entry.method)
            with self._run.services.tracer.span(f"sys.{entry.method}", headrace__call=entry.seq):
                return await self._dispatch(call, caller, Args(entry.method, args, at_most=call.args), entry, begun)
        except DatabaseUnavailable:
            raise
        except LostRace as error:
            # The script did nothing wrong, so it is not told: another attempt goes on here.
            raise Interrupt("handover") from error
        except HeadraceError as error:
            self._run.journal.note(_failed(entry, error))
            return self._failure(error)

    async def _dispatch(self, call: Inside, caller: Caller, args: Args, entry: Entry, begun: Entry | None) -> Reply:
        match call:
            case Read():
                return await self._read(call, caller, args, entry)
            case Effect(line=own_line) if own_line is not None and (line := own_line(caller, args)) is not None:
                return self._log(line, entry)
            case Effect():
                return await self._effect(call, caller, args, entry)
            case Wait():
                return await self._wait(call, caller, args, entry, begun)
            case Continue():
                return await self._continue(call, caller, args)

    async def _read(self, call: Read, caller: Caller, args: Args, entry: Entry) -> Reply:
        if call.sees_log and self._run.journal.has_lines:
            await self._flush()
        async with self._run.services.pool.acquire() as conn:
            value = await call.serve(caller, conn, args)
        self._run.journal.note(entry.answered(value))
        if self._run.journal.full:
            await self._flush()
        return Value(value, self._clock_ms)

    async def _effect(self, call: Effect, caller: Caller, args: Args, entry: Entry) -> Reply:
        async def work(scope: Scope) -> Json:
            value = await call.serve(caller, scope.conn, args)
            scope.entries.append(entry.answered(value))
            return value

        return Value(await self._run.transact(work), self._clock_ms)

    def _log(self, line: Line, entry: Entry) -> Reply:
        """Keeps a line for the next transaction; past a limit one line says that the log was cut."""
        if (cut := self._log_limit.add(line.message)) is None:
            self._run.journal.log(line)
        elif cut.first:
            self._run.services.metrics.log_cut(cut.limit)
            self._run.journal.log(Line(line.job_id, line.at_ms, LogLevel.INFO, cut.message))
        self._run.journal.note(entry)
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush_later())
        return Value(None, self._clock_ms)

    async def _outside(self, call: Outside, asked: Entry, args: list[Json]) -> Reply:
        """Asks somebody outside. What the script did before is written first: so nothing is sent for a lost claim, and
        another attempt asks the same. An attempt that ends does not wait for the answer.
        """
        await self._written()
        self._clock_ms = max(self._clock_ms, self._run.services.clock_ms())
        caller = Caller(self._run.claim, self._origin, self._run.services.apps, self._clock_ms, asked.seq)
        self._run.services.metrics.host_call(asked.method)
        try:
            with self._run.services.tracer.span(f"sys.{asked.method}", headrace__call=asked.seq):
                value = await call.serve(caller, await self._reach(caller), Args(asked.method, args, at_most=call.args))
        except DatabaseUnavailable:
            raise
        except HeadraceError as error:
            self._run.journal.note(_failed(replace(asked, at_ms=self._clock_ms), error))
            return self._failure(error)
        self._clock_ms = max(self._clock_ms, self._run.services.clock_ms())
        self._run.journal.note(replace(asked, at_ms=self._clock_ms).answered(value))
        await self._written()
        return Value(value, self._clock_ms)

    async def _written(self) -> None:
        """What waits is in the journal; a transaction that lost a race is left to another attempt."""
        try:
            await cancellation.whole(self._flush())
        except LostRace as error:
            raise Interrupt("handover") from error

    async def _reach(self, caller: Caller) -> Reach:
        async with self._run.services.pool.acquire() as conn:
            manifest = await caller.manifest(conn)
        settings = self._run.services.settings
        private = [host.strip() for host in settings.http_private_hosts.split(",") if host.strip()]
        rules = Rules(manifest.hosts, private, settings.http_timeout_ms, settings.http_response_kb * 1024)
        return Reach(rules, self._run.veil)

    async def _wait(self, call: Wait, caller: Caller, args: Args, entry: Entry, begun: Entry | None) -> Reply:
        """The reply if the wait is over; else the job is parked and the run ends here."""

        async def work(scope: Scope) -> Reply | None:
            park = await call.open(caller, scope.conn, args) if begun is None else Park.from_json(begun.reply)
            if not isinstance(park, Park):
                scope.entries.append(entry.answered(park))
                return Value(park, self._clock_ms)
            over = await _is_over(scope.conn, caller, park, begun=begun is not None)
            if over or caller.now_ms >= park.deadline_ms:
                return await self._end_wait(scope, call, caller, args, park, entry, timed_out=not over)
            await self._park(scope, park, entry)
            return None

        also = call.awaits(args) if call.awaits is not None and begun is None else ()
        reply = await self._run.transact(work, also=also)
        if reply is None:
            raise Interrupt("parked")
        return reply

    async def _park(self, scope: Scope, park: Park, entry: Entry) -> None:
        scope.entries.append(entry.answered(park.to_json(), open=True))
        if self._on_park is not None:
            await self._on_park(scope)
        if not await waits.park(scope.conn, self._run.claim.id, self._run.claim.attempt, at(park.deadline_ms)):
            raise Interrupt("lost")

    async def _continue(self, call: Continue, caller: Caller, args: Args) -> Reply:
        """Ends the run; the job goes back to the queue, behind those that wait there, and begins at the next step."""
        if self._on_park is not None:
            raise BadRequest("continueAsNew: an action that runs for each record cannot begin anew")

        async def work(scope: Scope) -> None:
            params = await call.serve(caller, scope.conn, args)
            checkpoint = {"step": self._origin.step + 1, "params": params, "startMs": self._clock_ms}
            await store.set_progress(scope.conn, caller.job.id, checkpoint=checkpoint)
            await journal.forget(scope.conn, caller.job.id, caller.job.root_id)
            await locks.release(scope.conn, [caller.job.id])
            if not await waits.park(scope.conn, caller.job.id, caller.job.attempt, at(self._clock_ms)):
                raise Interrupt("lost")

        await self._run.transact(work)
        raise Interrupt("parked")

    async def _end_wait(
        self, scope: Scope, call: Wait, caller: Caller, args: Args, park: Park, entry: Entry, *, timed_out: bool
    ) -> Reply:
        """Closes the wait in the transaction that found it over, with a value or with the caller's error."""
        await waits.drop(scope.conn, caller.job.id)
        try:
            value = await call.close(caller, scope.conn, args, park, timed_out)
        except HeadraceError as error:
            scope.entries.append(_failed(entry, error))
            return self._failure(error)
        scope.entries.append(entry.answered(value))
        return Value(value, self._clock_ms)

    def _failure(self, error: HeadraceError) -> Failure:
        return Failure(error.to_json()["code"], error.message, error.additional_info, self._clock_ms)

    async def _flush_later(self) -> None:
        """Writes lines that no effect has taken along; without the claim they are not ours to write."""
        await asyncio.sleep(FLUSH_S)
        async with self._lock:
            if self._run.journal.dirty:
                # Whatever it is, the next effect meets it too.
                with suppress(Interrupt, HeadraceError):
                    await self._flush()

    async def _flush(self) -> None:
        async def nothing_else(scope: Scope) -> None:
            """What waits is the effect."""

        await self._run.transact(nothing_else)

    async def close(self) -> None:
        """No line is written behind the back of whoever ends the attempt."""
        async with self._lock:
            if self._flusher is not None:
                await cancellation.end(self._flusher)


def _ended_early(recorded: Entry) -> Diverged:
    return Diverged(
        f"the script does not repeat what it did: it ended where the journal has "
        f"call {recorded.seq}, {recorded.method} {recorded.args}",
        additional_info={"call": recorded.seq, "journal": {"method": recorded.method, "args": recorded.args}},
    )


def compare(recorded: Entry, asked: Entry) -> None:
    """Diverged if this is not the call that the journal has."""
    if asked.method == ENDED:
        raise _ended_early(recorded)
    if (recorded.method, recorded.args_hash) != (asked.method, asked.args_hash):
        raise Diverged(
            f"the script does not repeat what it did: call {asked.seq} was {recorded.method} {recorded.args}, "
            f"now it is {asked.method} {asked.args}",
            additional_info={
                "call": asked.seq,
                "journal": {"method": recorded.method, "args": recorded.args},
                "script": {"method": asked.method, "args": asked.args},
            },
        )


async def _is_over(conn: Connection, caller: Caller, park: Park, *, begun: bool) -> bool:
    """Whether what the call waits for is there, whatever the time; if not, whoever brings it wakes the job."""
    if park.lock is not None:
        hold = await locks.take(conn, locks.Lockable(caller.app, *park.lock), caller.job.id)
        return hold is not locks.Hold.WAITING
    if not park.ids:
        return False
    look = waits.still_pending if begun else waits.pending
    return not await look(conn, caller.app, caller.job.id, park.ids, [Status(status) for status in park.statuses])


def _failed(entry: Entry, error: HeadraceError) -> Entry:
    return entry.answered(error.to_json(), failed=True)
