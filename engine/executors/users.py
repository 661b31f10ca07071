"""IMPORT_USERS and EXPORT_USERS: users of the app from and to a CSV file, and mail to those who are new."""

from __future__ import annotations

from collections.abc import Mapping

from engine.data import userrows, users
from engine.data.rows import Row
from engine.data.users import User
from engine.db.pool import Connection
from engine.executors import csvfiles
from engine.executors.csvfiles import Batch, Page
from engine.executors.endings import Ending, Finished
from engine.executors.results import error_line
from engine.executors.run import Run
from engine.mail import Mail, Mailer, Refused, check_configured, open_mailer

EXPORT_BATCH = 1000
MAIL_BATCH = 100


async def import_users(run: Run) -> Ending:
    """Rows of a CSV file become users, or bring them up to date; with `notifyUsers` the new ones get a mail.

    Its results are empty, as in seed 003; the counts are in the log. Without a mail server a job that has to
    notify fails before it makes anybody.
    """
    notify = bool(run.claim.spec["notifyUsers"])
    if notify:
        check_configured(run.services.settings)

    def read(row: Row) -> tuple[User, Mapping[str, str]]:
        return userrows.to_user(row.values)

    async def save(conn: Connection, batch: Batch[User]) -> Mapping[int, str]:
        columns = batch.next.header
        await users.save_many(
            conn,
            run.claim.app,
            [user for _, user in batch.good],
            keep_email="email" not in columns,
            keep_groups="groups" not in columns,
            told_by=run.claim.id if notify else None,
        )
        return {}

    done = await csvfiles.import_rows(run, check_header=userrows.check_header, read=read, save=save)
    refused = await _notify(run) if notify else 0
    run.journal.log(run.line(f"{done.good} rows imported, {done.bad} with errors"))
    return Finished({}, has_errors=done.bad + refused > 0)


async def _notify(run: Run) -> int:
    """Mails those whom the job made, one after the other; how many addresses were refused."""
    refused = 0
    batch = await _unmailed(run)
    if not batch:
        return 0
    async with run.services.pool.acquire() as conn:
        label = (await run.services.apps.get(conn, run.claim.app)).manifest.label
    async with open_mailer(run.services.settings) as mailer:
        while batch:
            for user in batch:
                run.check()
                refused += await _tell(run, mailer, user, label)
            batch = await _unmailed(run)
    return refused


async def _unmailed(run: Run) -> list[User]:
    async with run.services.pool.acquire() as conn:
        return await users.unmailed(conn, run.claim.app, run.claim.id, limit=MAIL_BATCH)


async def _tell(run: Run, mailer: Mailer, user: User, label: str) -> bool:
    """Whether the mail was refused. Killed between its two steps, it sends the same mail once more."""
    with run.whole():
        sent = await mailer.send(_invitation(run, user, label))
        async with run.effect(also_at_its_end=True) as scope:
            if isinstance(sent, Refused):
                scope.lines.append(error_line(run, f"user {user.id}: no mail to {user.email}: {sent.reason}"))
            await users.mailed(scope.conn, run.claim.app, user.id, run.claim.id)
    return isinstance(sent, Refused)


def _invitation(run: Run, user: User, label: str) -> Mail:
    text = f"Hello {user.name},\n\nyou are now a user of {label}. Your user name there is {user.id}.\n"
    return Mail(
        to=user.email or "", subject=f"You are now a user of {label}", text=text, key=f"{run.claim.id}.{user.id}"
    )


async def export_users(run: Run) -> Ending:
    """Writes all users of the app to a CSV file that an import reads back."""

    async def fetch(conn: Connection, after: str | None) -> Page:
        page = await users.find_page(conn, run.claim.app, limit=EXPORT_BATCH, after=after)
        return Page([userrows.to_row(user) for user in page], page[-1].id if len(page) == EXPORT_BATCH else None)

    async def count(conn: Connection) -> int:
        return await users.count(conn, run.claim.app)

    columns = userrows.COLUMNS
    return Finished(await csvfiles.export_rows(run, "users", columns, fetch, count=count, counted="usersExported"))
