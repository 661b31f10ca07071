-- The role and password under which the statements of app $1 run; made where they are not there yet.
select role, password from headrace.app_login($1)
