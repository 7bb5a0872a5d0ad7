// The real transports, by libcurl. It is not linked: the system's libcurl.so.4 is loaded at the first use, so
// that loading sqbackup loads no network code, and a machine without it lacks nothing else.
#pragma once

#include "net/http.h"
#include "net/mail.h"

namespace sqbackup {

// Each call works on a thread of its own, named sqb-net, which has ended when the call returns.
HttpTransport& curl_http();
MailTransport& curl_mail();

}  // namespace sqbackup
