-- The user has been told by the import job $3, or never can be.
update headrace.users set mail_job = null where app = $1 and id = $2 and mail_job = $3
