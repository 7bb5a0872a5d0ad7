#include "net/curl_library.h"

#include <dlfcn.h>

#include <type_traits>

#include "base/mutex.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SQB_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SQB_SANITIZED 1
#endif
#endif

namespace sqbackup {
namespace {

constexpr const char* kLibrary = "libcurl.so.4";
constexpr const char* kInstall = "; install it: apt-get install libcurl4 ca-certificates (Debian, Ubuntu)";
constexpr unsigned kOldestVersion = 0x075500;  // 7.85: CURLOPT_PROTOCOLS_STR

// A host such as Node exports an OpenSSL of its own, for everybody who is loaded later. With DEEPBIND libcurl
// prefers the libraries that it was linked with. (The sanitizers' runtimes refuse that flag.)
#ifdef SQB_SANITIZED
constexpr int kLoadFlags = RTLD_NOW | RTLD_LOCAL;
#else
constexpr int kLoadFlags = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif

struct Loaded {
  Mutex mutex;
  bool ready SQB_GUARDED_BY(mutex) = false;
  CurlFunctions functions;  // set once, before `ready`
};

Status too_old(std::string_view what) {
  return {Error::kNoCurl, std::string(kLibrary) + " of this machine is too old: " + std::string(what) +
                              "; install libcurl 7.85 or newer"};
}

Status load(CurlFunctions& curl) {
  // Never closed: it may have threads and exit handlers.
  void* library = dlopen(kLibrary, kLoadFlags);
  if (library == nullptr) {
    const char* reason = dlerror();
    return {Error::kNoCurl, std::string("cannot load libcurl, which the network needs: ") +
                                (reason != nullptr ? reason : kLibrary) + kInstall};
  }
  const char* missing = nullptr;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(library, name));
    if (function == nullptr) missing = name;
  };
  find(curl.global_init, "curl_global_init");
  find(curl.version_info, "curl_version_info");
  find(curl.slist_append, "curl_slist_append");
  find(curl.slist_free_all, "curl_slist_free_all");
  find(curl.easy_init, "curl_easy_init");
  find(curl.easy_setopt, "curl_easy_setopt");
  find(curl.easy_getinfo, "curl_easy_getinfo");
  find(curl.easy_strerror, "curl_easy_strerror");
  find(curl.easy_cleanup, "curl_easy_cleanup");
  find(curl.multi_init, "curl_multi_init");
  find(curl.multi_add_handle, "curl_multi_add_handle");
  find(curl.multi_remove_handle, "curl_multi_remove_handle");
  find(curl.multi_perform, "curl_multi_perform");
  find(curl.multi_poll, "curl_multi_poll");
  find(curl.multi_wakeup, "curl_multi_wakeup");
  find(curl.multi_info_read, "curl_multi_info_read");
  find(curl.multi_cleanup, "curl_multi_cleanup");
  if (missing != nullptr) return too_old(std::string("it has no ") + missing);
  const curl_version_info_data* version = curl.version_info(CURLVERSION_NOW);
  if (version->version_num < kOldestVersion) return too_old(version->version);
  const CURLcode code = curl.global_init(CURL_GLOBAL_DEFAULT);
  if (code == CURLE_OK) return {};
  return {Error::kNoCurl, std::string("cannot begin to use libcurl: ") + curl.easy_strerror(code)};
}

}  // namespace

Result<const CurlFunctions*> curl_functions() {
  static Loaded& loaded = *new Loaded;  // never destroyed: threads may still run when the process exits
  MutexLock lock(loaded.mutex);
  if (!loaded.ready) {
    SQB_TRY(load(loaded.functions));
    loaded.ready = true;
  }
  return &loaded.functions;
}

}  // namespace sqbackup
