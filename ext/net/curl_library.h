// The functions of libcurl that are used, found in the system's libcurl.so.4 when they are first asked for.
// For net/curl.cc alone.
#pragma once

// Calls go through pointers: the macros that check the types of arguments are for the linked functions.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/status.h"

namespace sqbackup {

struct CurlFunctions {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_version_info) version_info = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_multi_init) multi_init = nullptr;
  decltype(&curl_multi_add_handle) multi_add_handle = nullptr;
  decltype(&curl_multi_remove_handle) multi_remove_handle = nullptr;
  decltype(&curl_multi_perform) multi_perform = nullptr;
  decltype(&curl_multi_poll) multi_poll = nullptr;
  decltype(&curl_multi_wakeup) multi_wakeup = nullptr;
  decltype(&curl_multi_info_read) multi_info_read = nullptr;
  decltype(&curl_multi_cleanup) multi_cleanup = nullptr;
};

// Loads the library at the first call, and at later ones while that fails. The functions stay for ever;
// several threads may ask. Error: kNoCurl.
Result<const CurlFunctions*> curl_functions();

}  // namespace sqbackup
