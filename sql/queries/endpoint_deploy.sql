-- An endpoint answers from now on; no row if it did before.
insert into headrace.app_endpoints (app, name) values ($1, $2) on conflict do nothing returning name
