"""The host API: every name that a script can send, and what answers it. What is not here does not exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from engine.db.pool import Connection
from engine.hostapi import apps, data, events, http, jobs, locks, schedules, script, users
from engine.hostapi.args import Args
from engine.hostapi.caller import Caller, Park, Reach
from engine.jobs.journal import Line

Serve = Callable[[Caller, Connection, Args], Awaitable[Any]]
OwnLine = Callable[[Caller, Args], Line | None]
Open = Callable[[Caller, Connection, Args], Awaitable[Any]]
Awaits = Callable[[Args], Sequence[UUID]]
Close = Callable[[Caller, Connection, Args, Park, bool], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Read:
    """Changes nothing; its reply is journalled with the next effect.

    `sees_log`: the lines that the script has logged so far are written first, so that it sees its own.
    """

    serve: Serve
    args: int
    sees_log: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """Changes the database, in one transaction with its journal row.

    `line` answers for calls that only add to the job's own log: those wait for the next transaction.
    """

    serve: Serve
    args: int
    line: OwnLine | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Lasts. `open` runs once and says what to wait for (or the reply, if there is nothing to wait for);
    `close` makes the reply of what it left. `awaits` names the jobs for whose moves it will wait, if it knows them."""

    open: Open
    close: Close
    args: int
    awaits: Awaits | None = None


@dataclass(frozen=True, slots=True)
class Continue:
    """Ends the run; the job begins anew, with an empty journal and the params that `serve` returns."""

    serve: Serve
    args: int


@dataclass(frozen=True, slots=True)
class Outside:
    """Asks somebody else's server, in no transaction. Its reply is journalled at once: it is asked at least once.

    `shown` is what the journal says of the arguments, which may hold what nobody should read.
    """

    serve: Callable[[Caller, Reach, Args], Awaitable[Any]]
    shown: Callable[[Sequence[Any]], str]
    args: int


Inside = Read | Effect | Wait | Continue
HostCall = Inside | Outside

CALLS: Mapping[str, HostCall] = MappingProxyType(
    {
        "jobs.findById": Read(jobs.find_by_id, 1, sees_log=True),
        "jobs.find": Read(jobs.find, 2, sees_log=True),
        "jobs.count": Read(jobs.count, 1, sees_log=True),
        "jobs.logs": Read(jobs.find_logs, 3, sees_log=True),
        "jobs.countLogs": Read(jobs.count_logs, 2, sees_log=True),
        "jobs.results": Read(jobs.results, 1),
        "jobs.current": Read(jobs.current, 0, sees_log=True),
        "jobs.currentId": Read(jobs.current_id, 0),
        "jobs.log": Effect(jobs.log, 3, line=jobs.own_line),
        "jobs.progress": Effect(jobs.progress, 2),
        "jobs.wait": Wait(jobs.open_wait, jobs.close_wait, 3, awaits=jobs.awaited),
        "jobs.continueAsNew": Continue(jobs.continue_as_new, 1),
        "jobs.executeInJob": Effect(jobs.execute_in_job, 3),
        "jobs.setLowPriority": Effect(jobs.set_low_priority, 1),
        "jobs.removeLowPriority": Effect(jobs.remove_low_priority, 1),
        "jobs.stop": Effect(jobs.stop, 2),
        "jobs.resume": Effect(jobs.resume, 1),
        "jobs.cancel": Effect(jobs.cancel, 1),
        "data.find": Read(data.find, 3),
        "data.findOne": Read(data.find_one, 2),
        "data.findById": Read(data.find_by_id, 2),
        "data.count": Read(data.count, 2),
        "data.createRecord": Read(data.create_record, 1),
        "data.save": Effect(data.save, 2),
        "data.remove": Effect(data.remove, 2),
        "data.lock": Wait(locks.open_lock, locks.close_lock, 3),
        "data.tryLock": Effect(locks.try_lock, 2),
        "data.unlock": Effect(locks.unlock, 2),
        "data.executeAction": Wait(data.open_action, data.close_action, 5),
        "data.executeGlobalAction": Wait(data.open_global_action, data.close_action, 4),
        "data.delete": Effect(data.delete, 3),
        "data.importRecords": Effect(data.import_records, 3),
        "data.exportRecords": Effect(data.export_records, 3),
        "users.importUsers": Effect(users.import_users, 2),
        "users.exportUsers": Effect(users.export_users, 1),
        "events.triggerEvent": Effect(events.trigger, 2),
        "app.start": Effect(apps.start, 1),
        "app.stop": Effect(apps.stop, 1),
        "app.deployEndpoint": Effect(apps.deploy_endpoint, 2),
        "app.undeployEndpoint": Effect(apps.undeploy_endpoint, 2),
        "schedules.create": Effect(schedules.create, 1),
        "schedules.update": Effect(schedules.update, 2),
        "schedules.fetch": Read(schedules.fetch, 1),
        "schedules.fetchAll": Read(schedules.fetch_all, 0),
        "schedules.pause": Effect(schedules.pause, 1),
        "schedules.resume": Effect(schedules.resume, 1),
        "schedules.remove": Effect(schedules.remove, 1),
        "script.wait": Wait(script.open_wait, script.close_wait, 1),
        "http.request": Outside(http.request, http.shown, 1),
        "script.tick": Read(script.tick, 0),
    }
)
