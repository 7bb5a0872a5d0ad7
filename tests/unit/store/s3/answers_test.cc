#include "store/s3/answers.h"

#include "support/test.h"

using namespace sqbackup;

namespace {

S3XmlElement tree(const std::string& document) {
  auto root = parse_s3_xml(document);
  REQUIRE(root.ok());
  return *root;
}

std::string list(const std::string& inside) {
  return "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + inside +
         "</ListBucketResult>";
}

std::string object(const std::string& key, const std::string& size = "7") {
  return "<Contents><Key>" + key +
         "</Key><LastModified>2026-11-20T10:30:00.123Z</LastModified><ETag>&quot;ab&quot;"
         "</ETag><Size>" +
         size + "</Size><StorageClass>STANDARD</StorageClass></Contents>";
}

const std::string kLast = "<IsTruncated>false</IsTruncated>";

std::string uploads(const std::string& inside) {
  return "<ListMultipartUploadsResult>" + inside + "</ListMultipartUploadsResult>";
}

}  // namespace

TEST_CASE("a page of objects") {
  const auto page = s3_object_page(
      tree(list("<Name>b</Name><Prefix/>" + object("a/b &amp; c") + object("d", "0") + kLast)));
  REQUIRE(page.ok());
  REQUIRE(page->objects.size() == 2);
  CHECK(page->objects[0].key == "a/b & c");
  CHECK(page->objects[0].size == 7);
  CHECK(format_sql_time(page->objects[0].modified) == "2026-11-20 10:30:00.123");
  CHECK(page->objects[0].etag == "\"ab\"");
  CHECK(page->objects[1].size == 0);
  CHECK(page->next.empty());

  const auto first = s3_object_page(
      tree(list(object("k", "18446744073709551615") +
                "<IsTruncated>true</IsTruncated><NextContinuationToken>1+/%20=</NextContinuationToken>")));
  REQUIRE(first.ok());
  CHECK(first->objects[0].size == 18446744073709551615U);
  CHECK(first->next == "1+/%20=");  // never decoded

  const auto empty = s3_object_page(tree(list(kLast)));
  REQUIRE(empty.ok());
  CHECK(empty->objects.empty());
}

TEST_CASE("keys are decoded where the store says that they are encoded") {
  const std::string key = object("a%20b+c%2B%C3%A4%0A%2f");
  const auto encoded = s3_object_page(tree(list("<EncodingType>url</EncodingType>" + key + kLast)));
  REQUIRE(encoded.ok());
  CHECK(encoded->objects[0].key == "a b c+\xc3\xa4\n/");
  const auto plain = s3_object_page(tree(list(key + kLast)));
  REQUIRE(plain.ok());
  CHECK(plain->objects[0].key == "a%20b+c%2B%C3%A4%0A%2f");
  CHECK_FALSE(s3_object_page(tree(list("<EncodingType>url</EncodingType>" + object("%zz") + kLast))).ok());
}

TEST_CASE("a list that is not whole is an error, never a shorter list") {
  for (const std::string& bad : {
           list(object("k")),
           list(object("k") + "<IsTruncated>maybe</IsTruncated>"),
           list(object("k") + "<IsTruncated>true</IsTruncated>"),
           list(object("k") + "<IsTruncated>true</IsTruncated><NextContinuationToken/>"),
           list(object("") + kLast),
           list(object("k", "") + kLast),
           list(object("k", "-1") + kLast),
           list(object("k", "1x") + kLast),
           list(object("k", "18446744073709551616") + kLast),
           list("<Contents><Key>k</Key><Size>1</Size></Contents>" + kLast),
           std::string("<Error><Code>x</Code></Error>"),
       }) {
    CAPTURE(bad);
    CHECK(s3_object_page(tree(bad)).status().is(Error::kNetwork));
  }
}

TEST_CASE("a page of uploads") {
  const std::string upload =
      "<Upload><Key>a%20b</Key><UploadId>2~x</UploadId><Initiated>2026-11-20T10:30:00.000Z</Initiated></"
      "Upload>";
  const auto page = s3_upload_page(
      tree(uploads("<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextKeyMarker>a%20b"
                   "</NextKeyMarker><NextUploadIdMarker>2~x</NextUploadIdMarker>" +
                   upload)));
  REQUIRE(page.ok());
  REQUIRE(page->uploads.size() == 1);
  CHECK(page->uploads[0].key == "a b");
  CHECK(page->uploads[0].id == "2~x");
  CHECK(format_sql_time(page->uploads[0].initiated) == "2026-11-20 10:30:00.000");
  CHECK(page->next_key == "a b");
  CHECK(page->next_id == "2~x");
  const auto empty = s3_upload_page(tree(uploads(kLast)));
  REQUIRE(empty.ok());
  CHECK(empty->next_key.empty());
  for (const std::string& bad :
       {uploads(""), uploads("<IsTruncated>true</IsTruncated>"), list(kLast),
        uploads(kLast + "<Upload><Key>k</Key><Initiated>2026-11-20T10:30:00Z</Initiated></Upload>"),
        uploads(kLast + "<Upload><Key>k</Key><UploadId>1</UploadId></Upload>")}) {
    CAPTURE(bad);
    CHECK(s3_upload_page(tree(bad)).status().is(Error::kNetwork));
  }
}

TEST_CASE("the answers of a multipart upload") {
  const auto id =
      s3_upload_id(tree("<InitiateMultipartUploadResult xmlns=\"u\"><Bucket>b</Bucket><Key>k</Key>"
                        "<UploadId>2~ab</UploadId></InitiateMultipartUploadResult>"));
  REQUIRE(id.ok());
  CHECK(*id == "2~ab");
  CHECK_FALSE(s3_upload_id(tree("<InitiateMultipartUploadResult/>")).ok());
  CHECK_FALSE(s3_upload_id(tree("<Other><UploadId>2</UploadId></Other>")).ok());
  CHECK(
      s3_check_completed(tree("<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>"))
          .ok());
  CHECK_FALSE(s3_check_completed(tree("<Error><Code>InternalError</Code></Error>")).ok());
}

TEST_CASE("an error says what it is") {
  const auto error = s3_error_answer(tree(
      "<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong</Message><Region>eu-west-1</Region>"
      "<BucketName>b</BucketName><RequestId>tx1</RequestId><Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint>"
      "</Error>"));
  REQUIRE(error);
  CHECK(error->code == "AuthorizationHeaderMalformed");
  CHECK(error->message == "wrong");
  CHECK(error->region == "eu-west-1");
  CHECK(error->bucket == "b");
  CHECK(error->request_id == "tx1");
  CHECK(error->endpoint == "b.s3.eu-west-1.amazonaws.com");
  const auto short_one =
      s3_error_answer(tree("<Error><Code>X</Code><Message></Message><Bucket>c</Bucket></Error>"));
  REQUIRE(short_one);
  CHECK(short_one->bucket == "c");
  CHECK(short_one->message.empty());
  CHECK_FALSE(s3_error_answer(tree("<ListBucketResult/>")));
}
