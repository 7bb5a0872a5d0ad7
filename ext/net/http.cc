#include "net/http.h"

#include "net/url.h"

namespace sqbackup {

const std::string* HttpResponse::header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (equal_in_any_case(header.name, name)) return &header.value;
  }
  return nullptr;
}

}  // namespace sqbackup
