// XML as object stores answer with it, into a small tree. The bytes are foreign: depth and number of elements
// are bounded, and a document type (hence any entity of its own) is refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sqbackup {

inline constexpr std::size_t kS3LargestXml = std::size_t{8} << 20;  // a list of 1000 long keys has half of it

struct S3XmlElement {
  std::string name;  // without its namespace
  std::string text;  // what stands directly in it, in UTF-8
  std::vector<S3XmlElement> children;

  // The first child of this name; nullptr: none.
  const S3XmlElement* child(std::string_view child_name) const;
  // Its text; empty: none.
  std::string_view text_of(std::string_view child_name) const;
};

// The root of the document. White space may stand before it: servers send some while they work. Errors:
// kNetwork for what is no such document, kNoMemory.
Result<S3XmlElement> parse_s3_xml(std::string_view document);

}  // namespace sqbackup
