#include "net/curl.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <new>
#include <system_error>

#include "base/fork_gate.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "net/curl_library.h"
#include "net/url.h"

namespace sqbackup {
namespace {

constexpr std::size_t kMaxHeaderBytes = 65'536;
constexpr auto kCancelCheck = std::chrono::milliseconds(5);
constexpr int kPollMillis = 1'000;

// One request: its options, then run() once.
class Transfer {
 public:
  Transfer(const CurlFunctions& curl, const std::string& url, const HttpTimeouts& timeouts);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  template <typename Value>
  void set(CURLoption option, Value value) {
    const CURLcode code = easy_ != nullptr ? curl_.easy_setopt(easy_, option, value) : CURLE_OUT_OF_MEMORY;
    if (refused_ == CURLE_OK) refused_ = code;
  }
  void set_list(CURLoption option, const std::vector<std::string>& items);

  // CURLE_OK or what curl ended with; an error where it could not begin, or was cancelled.
  Result<CURLcode> run(const Cancel& cancel);
  long response_code() const;
  Status failure(CURLcode code) const;

 private:
  // However run() is left, its thread has ended then.
  class Ending {
   public:
    Ending(Transfer& transfer, std::thread& thread) : transfer_(transfer), thread_(thread) {}
    ~Ending() {
      transfer_.stop_ = true;
      transfer_.curl_.multi_wakeup(transfer_.multi_);
      thread_.join();
    }
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;

   private:
    Transfer& transfer_;
    std::thread& thread_;
  };

  void set_common(const HttpTimeouts& timeouts);
  // A transfer that is only removed, not failed, would end politely: in SMTP it would wait for the server.
  static int shall_stop(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<std::atomic<bool>*>(stop)->load() ? 1 : 0;
  }
  void work();
  std::string reason(CURLcode code) const;

  const CurlFunctions& curl_;
  const std::string& url_;
  CURL* easy_;
  CURLM* multi_;
  std::vector<curl_slist*> lists_;
  CURLcode refused_ = CURLE_OK;  // the first option that was not taken
  CURLcode result_ = CURLE_ABORTED_BY_CALLBACK;
  char detail_[CURL_ERROR_SIZE] = "";
  std::atomic<bool> stop_ = false;
  std::atomic<bool> done_ = false;
  Mutex mutex_;  // nobody's data: `ended_` needs one
  CondVar ended_;
};

Transfer::Transfer(const CurlFunctions& curl, const std::string& url, const HttpTimeouts& timeouts)
    : curl_(curl), url_(url), easy_(curl.easy_init()), multi_(curl.multi_init()) {
  set_common(timeouts);
}

Transfer::~Transfer() {
  if (multi_ != nullptr && easy_ != nullptr) curl_.multi_remove_handle(multi_, easy_);
  curl_.easy_cleanup(easy_);
  if (multi_ != nullptr) curl_.multi_cleanup(multi_);
  for (curl_slist* list : lists_) curl_.slist_free_all(list);
}

void Transfer::set_common(const HttpTimeouts& timeouts) {
  set(CURLOPT_URL, url_.c_str());
  set(CURLOPT_ERRORBUFFER, &detail_[0]);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &Transfer::shall_stop);
  set(CURLOPT_XFERINFODATA, &stop_);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_USERAGENT, "sqbackup/" SQBACKUP_VERSION);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeouts.connect_ms));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeouts.total_ms));
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::max<std::int64_t>(1, timeouts.stalled_ms / 1000)));
  // Since 7.87: a cancel does not wait for a name server that does not answer. Older ones wait.
  if (easy_ != nullptr) curl_.easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
}

void Transfer::set_list(CURLoption option, const std::vector<std::string>& items) {
  curl_slist* list = nullptr;
  for (const std::string& item : items) {
    curl_slist* longer = curl_.slist_append(list, item.c_str());
    if (longer == nullptr) {
      refused_ = CURLE_OUT_OF_MEMORY;
      break;
    }
    list = longer;
  }
  if (list == nullptr) return;
  lists_.push_back(list);
  set(option, list);
}

// On the thread sqb-net. The host's signal handlers never run there, not on the threads either on which curl
// looks names up, and a SIGPIPE that a TLS library may raise ends with the thread.
void Transfer::work() {
  int running = 1;
  while (running != 0) {
    const bool last = stop_;  // in which shall_stop() lets curl fail
    if (curl_.multi_perform(multi_, &running) != CURLM_OK || last) break;
    if (running != 0) curl_.multi_poll(multi_, nullptr, 0, kPollMillis, nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_.multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) result_ = message->data.result;
  }
}

Result<CURLcode> Transfer::run(const Cancel& cancel) {
  if (multi_ == nullptr && refused_ == CURLE_OK) refused_ = CURLE_OUT_OF_MEMORY;
  if (refused_ == CURLE_OUT_OF_MEMORY)
    return Status(Error::kNoMemory, "cannot begin a transfer: out of memory");
  if (refused_ != CURLE_OK) {
    return Status(Error::kNoCurl, std::string("libcurl of this machine cannot do what is needed: ") +
                                      curl_.easy_strerror(refused_) +
                                      "; install the distribution's own libcurl");
  }
  if (curl_.multi_add_handle(multi_, easy_) != CURLM_OK) {
    return Status(Error::kNoMemory, "cannot begin a transfer: out of memory");
  }
  SQB_ASSIGN(std::thread thread, start_thread("sqb-net", [this] {
               work();
               done_ = true;
               ended_.notify_all();
             }));
  bool cancelled = false;
  {
    const BackgroundWait wait;
    const Ending ending(*this, thread);
    while (!done_ && !cancelled) {
      {
        MutexLock lock(mutex_);
        ended_.wait_for(mutex_, kCancelCheck);
      }
      cancelled = !done_ && cancel();
    }
  }
  if (cancelled)
    return Status(Error::kInterrupted, "stopped while " + shown_url(url_) + " was being spoken to");
  return result_;
}

long Transfer::response_code() const {
  long code = 0;
  curl_.easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

// curl's own words about the kind of failure, which hold nothing of the URL, and the system's about the rest.
std::string Transfer::reason(CURLcode code) const {
  std::string text = curl_.easy_strerror(code);
  long number = 0;
  if (curl_.easy_getinfo(easy_, CURLINFO_OS_ERRNO, &number) == CURLE_OK && number != 0) {
    text += " (" + std::generic_category().message(static_cast<int>(number)) + ')';
  }
  return text;
}

Status Transfer::failure(CURLcode code) const {
  const std::string where = shown_url(url_) + ": ";
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      // Here curl's details are OpenSSL's: what is wrong with the certificate.
      return {Error::kNotTrusted,
              where + detail_ +
                  "; give the server a valid certificate, or add its authority to those of "
                  "this machine (package ca-certificates)"};
    case CURLE_USE_SSL_FAILED:
      return {Error::kNotTrusted,
              where + "no STARTTLS, and the URL holds a password; use smtps:// or another server"};
    default:
      return {Error::kNetwork, where + reason(code) + "; check the host and the network, and try again"};
  }
}

struct Reader {
  std::string_view rest;
};

std::size_t read_body(char* out, std::size_t size, std::size_t count, void* reader) {
  std::string_view& rest = static_cast<Reader*>(reader)->rest;
  const std::size_t length = rest.copy(out, size * count);
  rest.remove_prefix(length);
  return length;
}

struct Writer {
  HttpResponse response;
  std::size_t max_body = 0;
  std::size_t header_bytes = 0;
};

// Taking less than was given ends the transfer with CURLE_WRITE_ERROR.
std::size_t write_body(char* data, std::size_t size, std::size_t count, void* writer) try {
  auto& [response, max_body, header_bytes] = *static_cast<Writer*>(writer);
  const std::size_t length = size * count;
  const std::size_t taken = std::min(length, max_body - response.body.size());
  response.body.append(data, taken);
  response.body_cut = taken < length;
  return taken;
} catch (const std::bad_alloc&) {
  return 0;
}

std::size_t write_header(char* data, std::size_t size, std::size_t count, void* writer) try {
  auto& [response, max_body, header_bytes] = *static_cast<Writer*>(writer);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) response.headers.clear();  // those before were of an interim answer
  header_bytes += line.size();
  if (header_bytes > kMaxHeaderBytes) return 0;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  response.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  return line.size();
} catch (const std::bad_alloc&) {
  return 0;
}

Status check_header(const HttpHeader& header) {
  const auto ends_line = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
  };
  if (!ends_line(header.name) && !ends_line(header.value)) return {};
  return {Error::kBadArgument, "a header of a request holds a line end"};
}

class CurlTransport : public HttpTransport, public MailTransport {
 public:
  Result<HttpResponse> send(const HttpRequest& request, const Cancel& cancel) override;
  Status send(const MailRequest& request, const Cancel& cancel) override;
};

Result<HttpResponse> CurlTransport::send(const HttpRequest& request, const Cancel& cancel) {
  SQB_TRY(check_http_url(request.url));
  SQB_ASSIGN(const CurlFunctions* curl, curl_functions());
  std::vector<std::string> headers = {"Expect:"};  // nobody waits for a 100-continue
  bool typed = false;
  for (const HttpHeader& header : request.headers) {
    SQB_TRY(check_header(header));
    typed = typed || equal_in_any_case(header.name, "Content-Type");
    // So does curl write one that is empty and to be sent.
    headers.push_back(header.name + (header.value.empty() ? ";" : ": " + header.value));
  }
  if (!typed) headers.emplace_back("Content-Type:");  // curl would say that it is a form

  Writer writer;
  writer.max_body = request.max_body;
  Transfer transfer(*curl, request.url, request.timeouts);
  transfer.set(CURLOPT_PROTOCOLS_STR, "http,https");
  if (request.direct) transfer.set(CURLOPT_NOPROXY, "*");
  if (request.method == "HEAD") {
    transfer.set(CURLOPT_NOBODY, 1L);
  } else {
    if (request.method != "GET" || !request.body.empty()) {
      transfer.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      transfer.set(CURLOPT_POSTFIELDS, request.body.c_str());
    }
    transfer.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  transfer.set_list(CURLOPT_HTTPHEADER, headers);
  transfer.set(CURLOPT_WRITEFUNCTION, &write_body);
  transfer.set(CURLOPT_WRITEDATA, &writer);
  transfer.set(CURLOPT_HEADERFUNCTION, &write_header);
  transfer.set(CURLOPT_HEADERDATA, &writer);
  SQB_ASSIGN(const CURLcode code, transfer.run(cancel));
  if (code != CURLE_OK && !writer.response.body_cut) return transfer.failure(code);
  writer.response.status = static_cast<int>(transfer.response_code());
  return std::move(writer.response);
}

Status CurlTransport::send(const MailRequest& request, const Cancel& cancel) {
  SQB_TRY(check_smtp_url(request.url));
  SQB_TRY(check_mail_address(request.from));
  for (const std::string& address : request.to) SQB_TRY(check_mail_address(address));
  SQB_ASSIGN(const CurlFunctions* curl, curl_functions());
  Reader reader{request.text};
  const std::string from = '<' + request.from + '>';
  std::vector<std::string> to;
  for (const std::string& address : request.to) to.push_back('<' + address + '>');
  const long tls = request.tls == MailTls::kNone        ? long{CURLUSESSL_NONE}
                   : request.tls == MailTls::kIfOffered ? long{CURLUSESSL_TRY}
                                                        : long{CURLUSESSL_ALL};
  Transfer transfer(*curl, request.url, request.timeouts);
  transfer.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  transfer.set(CURLOPT_USE_SSL, tls);
  transfer.set(CURLOPT_MAIL_FROM, from.c_str());
  transfer.set_list(CURLOPT_MAIL_RCPT, to);
  transfer.set(CURLOPT_UPLOAD, 1L);
  transfer.set(CURLOPT_READFUNCTION, &read_body);
  transfer.set(CURLOPT_READDATA, &reader);
  transfer.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.text.size()));
  SQB_ASSIGN(const CURLcode code, transfer.run(cancel));
  if (code == CURLE_OK) return {};
  const long answer = transfer.response_code();
  const std::string answered = shown_url(request.url) + " answered " + std::to_string(answer);
  if (code == CURLE_LOGIN_DENIED) {
    return {Error::kServerRefused, answered + " to the user and password in the URL; correct them"};
  }
  if (answer >= 500) {
    return {Error::kServerRefused,
            answered + "; check that it takes mail from " + request.from + " to all of " + "mail_to"};
  }
  if (answer >= 400) {
    return {Error::kNetwork, answered + "; look at the server, it takes no mail for now"};
  }
  return transfer.failure(code);
}

CurlTransport& transport() {
  static CurlTransport& only = *new CurlTransport;  // never destroyed, as above
  return only;
}

}  // namespace

HttpTransport& curl_http() { return transport(); }
MailTransport& curl_mail() { return transport(); }

}  // namespace sqbackup
