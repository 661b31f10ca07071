-- Limits that an app's own admins set over HTTP stand beside those of the operator, who alone takes these back.
alter table headrace.job_limits drop constraint job_limits_source_check;
alter table headrace.job_limits add constraint job_limits_source_check check (source in ('operator', 'app', 'admin'));
