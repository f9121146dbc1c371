#include "tests/process/mock/mock_request.h"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

namespace pith::mock {
namespace json = boost::json;

namespace {

bool equal_no_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

void collect_texts(const json::value& value, std::vector<std::string>& out) {
  if (const auto* text = value.if_string()) {
    out.push_back(sha256_hex({text->data(), text->size()}).substr(0, 16));
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) collect_texts(item, out);
  } else if (const auto* object = value.if_object()) {
    for (const auto& field : *object) collect_texts(field.value(), out);
  }
}

}  // namespace

std::string_view MockRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_no_case(key, name)) return value;
  }
  return {};
}

long MockRequest::number_of(std::string_view name, long absent) const {
  const std::string_view text = header(name);
  long value = absent;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view MockRequest::path() const {
  const std::string_view all = target;
  return all.substr(0, all.find('?'));
}

bool MockRequest::has_query(std::string_view field) const {
  const auto mark = target.find('?');
  return mark != std::string::npos && target.find(field, mark) != std::string::npos;
}

std::optional<MockRequest> parse_head(std::string_view head) {
  MockRequest request;
  request.head = head;
  const auto line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) return std::nullopt;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  head.remove_prefix(line_end + 2);
  while (!head.empty() && !head.starts_with("\r\n")) {
    const auto end = head.find("\r\n");
    const std::string_view field = head.substr(0, end);
    const auto colon = field.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view value = field.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
    request.headers.emplace_back(field.substr(0, colon), value);
    head.remove_prefix(end + 2);
  }
  return request;
}

BodyFacts read_body(const std::string& body) {
  BodyFacts facts;
  facts.bytes = body.size();
  facts.sha256 = sha256_hex(body);
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 2000;
  facts.value = json::parse(body, error, {}, options);
  const auto* object = error ? nullptr : facts.value.if_object();
  if (object == nullptr) return facts;
  facts.json = true;
  if (const auto* model = object->if_contains("model"); model != nullptr && model->is_string()) {
    facts.model = json::value_to<std::string>(*model);
  }
  for (const char* key :
       {"system", "systemInstruction", "system_instruction", "instructions", "prompt"}) {
    if (const auto* value = object->if_contains(key)) collect_texts(*value, facts.texts);
  }
  for (const char* key : {"messages", "input", "contents"}) {
    if (const auto* value = object->if_contains(key)) {
      if (const auto* array = value->if_array()) facts.messages += array->size();
      collect_texts(*value, facts.texts);
    }
  }
  return facts;
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

std::string base64(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  // EVP_EncodeBlock counts in int; bodies of the tests stay far below 2 GiB.
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace pith::mock
