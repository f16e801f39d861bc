"""Error pages that ask nothing of the request they answer.

Django's own make a form's token ready first, and for that read the request's body. Of
a body that cannot be read (in UTF-16, say) came a second error, and no answer at all.
Ours have no forms: these are Django's without that.
"""

from inspect import unwrap

from django.views import defaults

bad_request = unwrap(defaults.bad_request)
page_not_found = unwrap(defaults.page_not_found)
server_error = unwrap(defaults.server_error)
