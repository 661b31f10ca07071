-- Users in groups, and whom an import of users still has to tell that they are users now.

alter table headrace.users
    add column groups   text[] not null default '{}',
    -- The outbox of mail: the import job that made the user, until its mail is sent. It is written with the user
    -- and cleared after the mail, so a killed worker neither forgets anybody nor writes to everybody again.
    add column mail_job uuid;
create index users_mail on headrace.users (mail_job, id) where mail_job is not null;
