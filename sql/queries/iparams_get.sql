-- What the app was installed with, encrypted.
select sealed from headrace.app_iparams where app = $1
