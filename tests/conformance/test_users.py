"""sys.users: importing and exporting users (seed 003: Import users, Export users)."""

from __future__ import annotations

from engine.data import users
from engine.data.users import User
from tests.conformance.conftest import Lab
from tests.conformance.scripts import Script, both

IMPORT = """
id = sys.users.importUsers(params.file, params.options);
job = sys.jobs.waitForJob(id, 'FINISHED', 60000);
lines = each(job.logs({}).toArray(), @line line.level() + ' ' + line.message());
return [job.type(), job.data(), job.results(), job.hasErrors(), lines];
"""


async def _users(lab: Lab) -> list[User]:
    async with lab.pool.acquire() as conn:
        return await users.find_page(conn, lab.app, limit=100)


@both(IMPORT)
async def test_import_users(lab: Lab, script: Script) -> None:
    """Data: fileName, notifyUsers; no results; a bad row is logged with its line and does not stop the rest."""
    text = 'id,name,email,groups\nann,Ann,ann@example.org,"sales,admins"\n,Nobody,,\nbob,Bob,bob,\ncid,Cid,,\n'
    await lab.upload("users.csv", text)
    kind, data, results, errors, lines = await lab.value(script, file="users.csv", options={})
    assert (kind, data) == ("IMPORT_USERS", {"fileName": "users.csv", "notifyUsers": False})
    assert (results, errors) == ({}, True)
    assert lines == [
        "ERROR line 3: id: is required",
        "ERROR line 4: email: 'bob': expected an address such as ann@example.org",
        "INFO 2 rows imported, 2 with errors",
    ]
    ann = User("ann", "Ann", "ann@example.org", ("sales", "admins"))
    assert await _users(lab) == [ann, User("cid", "Cid")]
    # Who is there is brought up to date; what the file does not have stays.
    await lab.upload("users.csv", "id;name\nann;Anna\nann;Annabel\n")
    assert (await lab.value(script, file="users.csv", options={}))[3] is False
    assert (await _users(lab))[0] == User("ann", "Annabel", "ann@example.org", ("sales", "admins"))


@both(IMPORT)
async def test_without_a_mail_server(lab: Lab, script: Script) -> None:
    """notifyUsers where no mail can be sent ends with an error that says what to set, and makes nobody."""
    await lab.upload("users.csv", "id,name,email\nann,Ann,ann@example.org\n")
    _, data, results, errors, _ = await lab.value(script, file="users.csv", options={"notifyUsers": True})
    assert (data["notifyUsers"], errors, results["error"]["code"]) == (True, True, "badRequest")
    assert "smtp_host" in results["error"]["message"]
    assert await _users(lab) == []


@both("""
id = sys.users.exportUsers();
job = sys.jobs.waitForJob(id, 'FINISHED', 60000);
return [job.type(), job.data(), job.results()];
""")
async def test_export_users(lab: Lab, script: Script) -> None:
    """Export users: "fileLink: URL to download the CSV file … fileId … usersExported" """
    async with lab.pool.acquire() as conn:
        await users.save_many(conn, lab.app, [User("bob", "Bob, B."), User("ann", "Ann", "a@b.c", ("x", "y"))])
    kind, data, results = await lab.value(script)
    assert (kind, data, results["usersExported"]) == ("EXPORT_USERS", {}, 2)
    assert results["fileLink"] == f"/apps/{lab.app}/files/{results['fileId']}"
    lines = (await lab.download(results["fileId"])).splitlines()
    assert lines == ["id,name,email,groups", 'ann,Ann,a@b.c,"x,y"', 'bob,"Bob, B.",,']


@both("""
function code(work) { try { work(); return null; } catch (e) { return sys.exceptions.getCode(e); } }
return [code(function () { sys.users.importUsers('none.csv'); }),
        code(function () { sys.users.importUsers('users.csv', {notifyUsers: 'often'}); }),
        code(function () { sys.users.exportUsers({size: 5}); })];
""", py="""
def code(work):
    try:
        work()
    except ScriptException as e:
        return sys.exceptions.getCode(e)
return [code(lambda: sys.users.importUsers('none.csv')),
        code(lambda: sys.users.importUsers('users.csv', {'notifyUsers': 'often'})),
        code(lambda: sys.users.exportUsers({'size': 5}))]
""")  # fmt: skip
async def test_what_is_refused(lab: Lab, script: Script) -> None:
    """A file that is not there, a notifyUsers that is not true or false, an option that does not exist."""
    await lab.upload("users.csv", "id,name\n")
    assert await lab.value(script) == ["notFound", "badRequest", "badRequest"]
