// What is sent, and what is made of answers that are as they should be, or nearly.
#include <atomic>
#include <thread>

#include "codec/sha256.h"
#include "net/curl.h"
#include "unit/net/raw_server.h"
#include "unit/store/s3/client_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

const std::string kNastyKey = "/a b/+%=&~\xc3\xa4\"<>";
const std::string kNastyUrl = "https://store.example/bucket//a%20b/%2B%25%3D%26~%C3%A4%22%3C%3E";

HttpResponse xml(const std::string& body) { return answer(200, {}, body); }

// Refuses every third request in one way or another.
class RudeHttp : public HttpTransport {
 public:
  Result<HttpResponse> send(const HttpRequest&, const Cancel&) override {
    switch (requests++ % 9) {
      case 2:
        return s3_error(503, "SlowDown");
      case 5:
        return s3_error(400, "ExpiredToken");
      case 8:
        return s3_error(403, "RequestTimeTooSkewed", "", {{"Date", "Sun, 22 Nov 2026 12:00:00 GMT"}});
      default:
        return ten_bytes();
    }
  }
  std::atomic<int> requests = 0;
};

}  // namespace

TEST_CASE("an object is written with its hash signed") {
  S3Fixture s3;
  s3.http.answers = {s3_error(503, "SlowDown"), answer(200, {{"ETag", "\"e\""}})};
  const auto etag = s3.client->put(kNastyKey, "body", {{"sha256", "abc"}}, never);
  REQUIRE(etag.ok());
  CHECK(*etag == "\"e\"");
  REQUIRE(s3.http.requests.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const HttpRequest& request = s3.http.requests[i];
    CHECK(request.method == "PUT");
    CHECK(request.url == kNastyUrl);
    CHECK(request.body == "body");
    CHECK(s3.sent(i, "x-amz-meta-sha256") == "abc");
    CHECK(s3.sent(i, "Content-MD5") == "hBotaJrYa9FhFEdFPCLG/A==");  // openssl dgst -md5 -binary | base64
    CHECK(s3.sent(i, "x-amz-content-sha256") == *sha256_hex(as_bytes("body")));
    CHECK(s3.sent(i, "Authorization")
              .find("AKID/20261120/eu-central-1/s3/aws4_request, "
                    "SignedHeaders=content-md5;host;x-amz-content-sha256;x-amz-date;x-amz-meta-sha256, ") !=
          std::string::npos);
  }
  CHECK(s3.sent(0, "Authorization") == s3.sent(1, "Authorization"));  // it slept less than a second
  for (const char* bad : {"a\nb", "\xc3\xa4", "\x7f"}) {
    CHECK(s3.client->put("k", "", {{"x", bad}}, never).status().is(Error::kBadArgument));
    CHECK(s3.client->create_upload("k", {{"x", bad}}, never).status().is(Error::kBadArgument));
  }
  CHECK(s3.client->put("", "", {}, never).status().is(Error::kBadArgument));
  CHECK(s3.http.requests.size() == 2);
}

TEST_CASE("a range is read, of the object that is meant") {
  S3Fixture s3;
  s3.http.answers = {answer(206, {{"Content-Range", "bytes 5-9/100"}, {"ETag", "\"e\""}}, "56789")};
  const auto bytes = s3.client->get(kNastyKey, 5, 5, "\"e\"", never);
  REQUIRE(bytes.ok());
  CHECK(bytes->bytes == "56789");
  CHECK(bytes->object_size == 100);
  CHECK(bytes->etag == "\"e\"");
  CHECK(s3.http.requests[0].url == kNastyUrl);
  CHECK(s3.sent(0, "Range") == "bytes=5-9");
  CHECK(s3.sent(0, "If-Match") == "\"e\"");

  s3.http.answers = {answer(206, {{"Content-Range", "bytes 95-99/100"}}, "56789")};
  CHECK(s3.client->get("k", 95, 50, "", never)->bytes == "56789");
  CHECK(s3.sent(1, "If-Match") == "(none)");
  CHECK(s3.client->get("k", 0, 0, "", never).status().is(Error::kBadArgument));
  CHECK(s3.client->get("k", 0, (std::uint64_t{5} << 30) + 1, "", never).status().is(Error::kBadArgument));
  CHECK(s3.client->get("k", UINT64_MAX - 4, 5, "", never).status().is(Error::kBadArgument));
}

TEST_CASE("a range that is not the one asked for is an error") {
  S3Fixture s3;
  for (const char* range :
       {"bytes 0-9/100", "bytes 5-9/10/1", "bytes 5-14/*", "bytes 5-14/10", "items 5-14/100",
        "bytes 14-5/100", "bytes 5-13/100", "", "bytes 5-15/100", "bytes  5-14/100"}) {
    CAPTURE(range);
    s3.http.answers = {answer(206, {{"Content-Range", range}}, "0123456789")};
    CHECK(s3.client->get("k", 5, 10, "", never).status().is(Error::kNetwork));
  }
  s3.http.answers = {answer(206, {{"Content-Range", "bytes 4-14/100"}}, "0123456789a")};
  CHECK(s3.client->get("k", 5, 10, "", never).status().is(Error::kNetwork));
  s3.http.answers = {answer(206, {{"Content-Range", "bytes 5-14/100"}}, "012345678")};
  CHECK(s3.client->get("k", 5, 10, "", never).status().is(Error::kNetwork));
  s3.http.answers = {answer(206, {{"Content-Range", "bytes 5-14/100"}}, "0123456789")};
  CHECK(s3.client->get("k", 5, 10, "", never).ok());
}

TEST_CASE("a store without ranges does for what is read whole") {
  S3Fixture s3;
  s3.http.answers = {answer(200, {}, "0123456789"), answer(200, {}, "0123456789"),
                     answer(200, {}, "0123456789")};
  const auto whole = s3.client->get("k", 0, 10, "", never);
  REQUIRE(whole.ok());
  CHECK(whole->object_size == 10);
  CHECK(s3.client->get("k", 0, 9, "", never).status().is(Error::kServerRefused));
  CHECK(s3.client->get("k", 5, 20, "", never).status().is(Error::kServerRefused));
  HttpResponse cut = answer(200, {}, std::string(70'000, 'x'));
  cut.body_cut = true;
  s3.http.answers = {cut};
  CHECK(s3.client->get("k", 0, 70'000, "", never).status().is(Error::kServerRefused));
}

TEST_CASE("a look at an object") {
  S3Fixture s3;
  s3.http.answers = {answer(200, {{"Content-Length", "12345678901"},
                                  {"ETag", "\"e\""},
                                  {"X-Amz-Meta-SHA256", "abc"},
                                  {"x-amz-meta-b", ""},
                                  {"x-amz-met", "no"},
                                  {"Last-Modified", "Fri, 20 Nov 2026 10:30:00 GMT"}})};
  const auto info = s3.client->head(kNastyKey, never);
  REQUIRE(info.ok());
  CHECK(s3.http.requests[0].method == "HEAD");
  CHECK(s3.http.requests[0].url == kNastyUrl);
  CHECK(info->size == 12345678901);
  CHECK(info->etag == "\"e\"");
  CHECK(format_sql_time(info->modified) == "2026-11-20 10:30:00.000");
  REQUIRE(info->metadata.size() == 2);
  CHECK(info->metadata[0].name == "sha256");
  CHECK(info->metadata[0].value == "abc");
  CHECK(info->metadata[1].name == "b");
  for (const char* length : {"", "x", "-1", "1 "}) {
    s3.http.answers = {answer(200, {{"Content-Length", length}})};
    CHECK(s3.client->head("k", never).status().is(Error::kNetwork));
  }
}

TEST_CASE("what is gone already is removed") {
  S3Fixture s3;
  s3.http.answers = {answer(204), s3_error(404, "NoSuchKey"), s3_error(404, "NoSuchBucket"),
                     s3_error(403, "AccessDenied")};
  CHECK(s3.client->remove(kNastyKey, never).ok());
  CHECK(s3.http.requests[0].method == "DELETE");
  CHECK(s3.http.requests[0].url == kNastyUrl);
  CHECK(s3.client->remove("k", never).ok());
  CHECK(s3.client->remove("k", never).is(Error::kNoSuchBucket));
  CHECK(s3.client->remove("k", never).is(Error::kStoreDenied));
}

TEST_CASE("a list goes on where the page before ended, and never in a circle") {
  S3Fixture s3;
  const std::string more =
      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t/+</NextContinuationToken>"
      "</ListBucketResult>";
  s3.http.answers = {xml(more), xml("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
                     xml(more)};
  const auto first = s3.client->list("a b/", "", never);
  REQUIRE(first.ok());
  CHECK(s3.http.requests[0].url ==
        "https://store.example/bucket?encoding-type=url&list-type=2&prefix=a%20b%2F");
  const auto last = s3.client->list("a b/", first->next, never);
  REQUIRE(last.ok());
  CHECK(s3.http.requests[1].url ==
        "https://store.example/"
        "bucket?continuation-token=t%2F%2B&encoding-type=url&list-type=2&prefix=a%20b%2F");
  CHECK(s3.client->list("a b/", "t/+", never).status().is(Error::kNetwork));
  s3.http.requests.clear();
  s3.http.answers = {xml("<ListBucketResult><IsTrun"), xml(""), xml(more)};  // cut: asked again
  CHECK(s3.client->list("", "", never).ok());
  CHECK(s3.http.requests.size() == 3);
  s3.http.answers = {xml("<html/>")};
  CHECK(s3.client->list("", "", never).status().is(Error::kNetwork));
}

TEST_CASE("a multipart upload") {
  S3Fixture s3;
  s3.http.answers = {
      xml("<InitiateMultipartUploadResult><UploadId>2~/+</UploadId></InitiateMultipartUploadResult>"),
      answer(200, {{"ETag", "\"a&b\""}}), answer(200, {{"ETag", "\"c\""}}),
      xml("<CompleteMultipartUploadResult><ETag>\"d-2\"</ETag></CompleteMultipartUploadResult>"),
      answer(204)};
  const auto id = s3.client->create_upload(kNastyKey, {{"sha256", "abc"}}, never);
  REQUIRE(id.ok());
  CHECK(*id == "2~/+");
  CHECK(s3.http.requests[0].method == "POST");
  CHECK(s3.http.requests[0].url == kNastyUrl + "?uploads=");
  CHECK(s3.sent(0, "x-amz-meta-sha256") == "abc");
  std::vector<S3Part> parts;
  for (int number = 1; number <= 2; ++number) {
    const auto part = s3.client->upload_part(kNastyKey, *id, number, "part", never);
    REQUIRE(part.ok());
    CHECK(part->size == 4);
    parts.push_back(*part);
  }
  CHECK(s3.http.requests[1].url == kNastyUrl + "?partNumber=1&uploadId=2~%2F%2B");
  CHECK(s3.http.requests[1].body == "part");
  CHECK(s3.client->complete_upload(kNastyKey, *id, parts, {}, never).ok());
  CHECK(s3.http.requests[3].method == "POST");
  CHECK(s3.http.requests[3].url == kNastyUrl + "?uploadId=2~%2F%2B");
  CHECK(s3.http.requests[3].body ==
        "<CompleteMultipartUpload "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part><PartNumber>1</PartNumber>"
        "<ETag>\"a&amp;b\"</ETag></Part><Part><PartNumber>2</PartNumber><ETag>\"c\"</ETag></Part>"
        "</CompleteMultipartUpload>");
  CHECK(s3.client->abort_upload(kNastyKey, *id, never).ok());
  CHECK(s3.http.requests[4].method == "DELETE");
  CHECK(s3.http.requests[4].url == kNastyUrl + "?uploadId=2~%2F%2B");
}

TEST_CASE("a multipart upload that goes wrong") {
  S3Fixture s3;
  for (const int number : {0, -1, 10'001}) {
    CHECK(s3.client->upload_part("k", "id", number, "", never).status().is(Error::kBadArgument));
  }
  s3.http.answers = {answer(200), s3_error(404, "NoSuchUpload"), s3_error(404, "NoSuchUpload"),
                     xml("<InitiateMultipartUploadResult/>")};
  CHECK(s3.client->upload_part("k", "id", 1, "", never).status().is(Error::kNetwork));  // no ETag
  CHECK(s3.client->upload_part("k", "id", 1, "", never).status().is(Error::kNoSuchObject));
  CHECK(s3.client->abort_upload("k", "id", never).ok());
  CHECK(s3.client->create_upload("k", {}, never).status().is(Error::kNetwork));
}

TEST_CASE("a completion may fail in an answer of 200") {
  S3Fixture s3;
  const std::vector<S3Part> parts = {{1, "\"a\"", 7}, {2, "\"b\"", 3}};
  const HttpResponse done =
      xml("<CompleteMultipartUploadResult><ETag>d</ETag></CompleteMultipartUploadResult>");
  s3.http.answers = {s3_error(200, "InternalError"), s3_error(200, "SlowDown"), s3_error(200, "Unknown"),
                     xml("   "), done};
  CHECK(s3.client->complete_upload("k", "id", parts, {}, never).ok());
  CHECK(s3.http.requests.size() == 5);
  s3.http.answers = {s3_error(200, "AccessDenied")};
  CHECK(s3.client->complete_upload("k", "id", parts, {}, never).is(Error::kStoreDenied));
  s3.http.answers = {s3_error(400, "EntityTooSmall")};
  CHECK(s3.client->complete_upload("k", "id", parts, {}, never).is(Error::kServerRefused));
  s3.http.answers = {xml("<Other/>")};
  CHECK(s3.client->complete_upload("k", "id", parts, {}, never).is(Error::kNetwork));
}

TEST_CASE("a completion whose answer was lost is found by what is there, if that is what was written") {
  S3Fixture s3;
  const std::vector<S3Part> parts = {{1, "\"a\"", 7}, {2, "\"b\"", 3}};
  const S3Metadata metadata = {{"sha256", "abc"}, {"mark", "1"}};
  const auto gone = s3_error(404, "NoSuchUpload");
  const auto completed = [&](const HttpResponse& head, const S3Metadata& given) {
    s3.http.answers = {network_error("reset"), gone, head};
    return s3.client->complete_upload("k", "id", parts, given, never);
  };
  const auto shown = [](const char* size, const char* sha256, const char* mark) {
    return answer(200, {{"Content-Length", size}, {"x-amz-meta-sha256", sha256}, {"x-amz-meta-mark", mark}});
  };
  CHECK(completed(shown("10", "abc", "1"), metadata).ok());
  CHECK(s3.http.requests.back().method == "HEAD");
  CHECK(completed(shown("11", "abc", "1"), metadata).is(Error::kNoSuchObject));
  CHECK(completed(shown("10", "abd", "1"), metadata).is(Error::kNoSuchObject));
  CHECK(completed(shown("10", "abc", "2"), metadata).is(Error::kNoSuchObject));
  CHECK(completed(answer(200, {{"Content-Length", "10"}}), metadata).is(Error::kNoSuchObject));
  CHECK(completed(shown("10", "abc", "1"), {}).is(Error::kNoSuchObject));  // the size alone proves nothing
  CHECK(completed(answer(404), metadata).is(Error::kNoSuchObject));
  s3.http.requests.clear();
  s3.http.answers = {gone};  // nobody tried before: it is not ours
  CHECK(s3.client->complete_upload("k", "id", parts, metadata, never).is(Error::kNoSuchObject));
  CHECK(s3.http.requests.size() == 1);
}

TEST_CASE("the longest markers of a list of uploads are sent") {
  const std::string page =
      "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>";
  RawServer server(
      {{"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(page.size()) + "\r\n\r\n" + page}});
  S3Fixture s3;
  const auto made = S3Client::create(
      "bucket", {"http://" + server.host(), "r", {}},
      {curl_http(), s3.clock, s3.credentials, [&](std::int64_t millis) { s3.clock.slept += millis; },
       [](std::uint64_t) { return std::uint64_t{0}; }});
  REQUIRE(made.ok());
  std::string key;  // 1022 bytes
  for (int i = 0; i < 511; ++i) key += "\xc3\xa4";
  CHECK((*made)->list_uploads(key, key, std::string(1024, '/'), never).ok());
}

TEST_CASE("uploads that were left are listed") {
  S3Fixture s3;
  const std::string page =
      "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>"
      "<NextUploadIdMarker>1</NextUploadIdMarker></ListMultipartUploadsResult>";
  s3.http.answers = {xml(page), xml(page), xml(page)};
  const auto first = s3.client->list_uploads("p/", "", "", never);
  REQUIRE(first.ok());
  CHECK(s3.http.requests[0].url == "https://store.example/bucket?prefix=p%2F&uploads=");
  CHECK(s3.client->list_uploads("p/", "k", "0", never).ok());
  CHECK(s3.http.requests[1].url ==
        "https://store.example/bucket?key-marker=k&prefix=p%2F&upload-id-marker=0&uploads=");
  CHECK(s3.client->list_uploads("p/", "k", "1", never).status().is(Error::kNetwork));
}

TEST_CASE("several threads may use one client") {
  RudeHttp http;
  S3CredentialOptions keys;
  keys.access_key_id = "AKID";
  keys.secret_access_key = Secret(as_bytes("secret"));
  S3CredentialSource credentials(std::move(keys), {[](const char*) { return std::optional<std::string>(); },
                                                   posix_file_env(), http, system_clock()});
  const auto made = S3Client::create("bucket", {"", "r", {}},
                                     {http, system_clock(), credentials, [](std::int64_t) {},
                                      [](std::uint64_t) { return std::uint64_t{0}; }});
  REQUIRE(made.ok());
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        if ((*made)->get("k", 0, 10, "", never).ok()) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(good > 100);  // one in some may be refused twice in the same way
}

TEST_CASE("a body that is cut on the way is asked for again") {
  const std::string head =
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\n";
  RawServer server({{head + "01234"}, {"", RawAnswer::kReset}, {head + "0123456789"}});
  S3Fixture s3;
  const auto made = S3Client::create(
      "bucket", {"http://" + server.host(), "r", {}},
      {curl_http(), s3.clock, s3.credentials, [&](std::int64_t millis) { s3.clock.slept += millis; },
       [](std::uint64_t) { return std::uint64_t{0}; }});
  REQUIRE(made.ok());
  const auto bytes = (*made)->get("a b", 0, 10, "", never);
  REQUIRE(bytes.ok());
  CHECK(bytes->bytes == "0123456789");
  CHECK(server.connections() == 3);
  CHECK(server.received().at(2).starts_with("GET /bucket/a%20b HTTP/1.1\r\n"));
}
