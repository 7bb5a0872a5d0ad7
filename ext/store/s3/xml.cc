#include "store/s3/xml.h"

#include <expat.h>

#include <algorithm>
#include <memory>
#include <new>

namespace sqbackup {
namespace {

constexpr std::size_t kDeepest = 16;
constexpr std::size_t kMostElements = 30'000;  // a list of 1000 keys has ten thousand
constexpr XML_Char kNamespaceEnd = '\n';       // in no name; expat refuses it in the namespace itself

Status malformed(std::string_view what) {
  return {Error::kNetwork, "the answer of the object store makes no sense: " + std::string(what) +
                               "; check that the endpoint is that of an object store, and try again"};
}

struct Builder {
  XML_Parser parser = nullptr;
  S3XmlElement root;
  std::vector<S3XmlElement*> open;  // each is the last child of the one before
  std::size_t elements = 0;
  const char* refused = nullptr;  // why the parser was stopped
  bool out_of_memory = false;

  void refuse(const char* why) {
    refused = why;
    XML_StopParser(parser, XML_FALSE);
  }
};

// No exception passes through expat. It may call a handler again after it was told to stop.
template <typename Body>
void handle(void* user_data, Body body) {
  Builder& builder = *static_cast<Builder*>(user_data);
  if (builder.refused != nullptr || builder.out_of_memory) return;
  try {
    body(builder);
  } catch (const std::bad_alloc&) {
    builder.out_of_memory = true;
    XML_StopParser(builder.parser, XML_FALSE);
  }
}

void begin_element(void* user_data, const XML_Char* name, const XML_Char** /*attributes*/) {
  handle(user_data, [name](Builder& builder) {
    if (builder.open.size() == kDeepest) return builder.refuse("it is nested too deeply");
    if (++builder.elements > kMostElements) return builder.refuse("it has too many elements");
    S3XmlElement* element = &builder.root;
    if (!builder.open.empty()) element = &builder.open.back()->children.emplace_back();
    const std::string_view whole(name);
    element->name = whole.substr(whole.rfind(kNamespaceEnd) + 1);
    builder.open.push_back(element);
  });
}

void end_element(void* user_data, const XML_Char* /*name*/) {
  handle(user_data, [](Builder& builder) { builder.open.pop_back(); });
}

void add_text(void* user_data, const XML_Char* text, int size) {
  handle(user_data, [text, size](Builder& builder) {
    builder.open.back()->text.append(text, static_cast<std::size_t>(size));
  });
}

void begin_doctype(void* user_data, const XML_Char* /*name*/, const XML_Char* /*system_id*/,
                   const XML_Char* /*public_id*/, int /*has_internal_subset*/) {
  handle(user_data, [](Builder& builder) { builder.refuse("it has a document type"); });
}

}  // namespace

const S3XmlElement* S3XmlElement::child(std::string_view child_name) const {
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const S3XmlElement& child) { return child.name == child_name; });
  return found == children.end() ? nullptr : &*found;
}

std::string_view S3XmlElement::text_of(std::string_view child_name) const {
  const S3XmlElement* found = child(child_name);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

Result<S3XmlElement> parse_s3_xml(std::string_view document) {
  if (document.size() > kS3LargestXml) return malformed("it is too long");
  document.remove_prefix(std::min(document.find_first_not_of(" \t\r\n"), document.size()));
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreateNS(nullptr, kNamespaceEnd), &XML_ParserFree);
  const Status no_memory(Error::kNoMemory, "cannot read an answer of the object store: out of memory");
  if (parser == nullptr) return no_memory;
  Builder builder;
  builder.parser = parser.get();
  XML_SetUserData(parser.get(), &builder);
  XML_SetElementHandler(parser.get(), &begin_element, &end_element);
  XML_SetCharacterDataHandler(parser.get(), &add_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), &begin_doctype);
  const XML_Status parsed =
      XML_Parse(parser.get(), document.data(), static_cast<int>(document.size()), /*isFinal=*/1);
  if (parsed == XML_STATUS_OK) return std::move(builder.root);
  const XML_Error error = XML_GetErrorCode(parser.get());
  if (builder.out_of_memory || error == XML_ERROR_NO_MEMORY) return no_memory;
  return malformed(builder.refused != nullptr ? builder.refused : XML_ErrorString(error));
}

}  // namespace sqbackup
