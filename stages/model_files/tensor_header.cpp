#include "stages/model_files/tensor_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include "stages/model_files/json_field.h"
#include "stages/model_files/json_text.h"

namespace pith {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

struct TypeName {
  std::string_view name;
  unsigned bits;
  TensorType type;
};

constexpr std::array<TypeName, 20> kTypes{{
    {"F32", 32, TensorType::kFloat32},   {"F16", 16, TensorType::kFloat16},
    {"BF16", 16, TensorType::kBfloat16}, {"I8", 8, TensorType::kInt8},
    {"I32", 32, TensorType::kInt32},     {"I64", 64, TensorType::kInt64},
    {"U8", 8, TensorType::kUint8},       {"F64", 64, TensorType::kOther},
    {"I16", 16, TensorType::kOther},     {"U16", 16, TensorType::kOther},
    {"U32", 32, TensorType::kOther},     {"U64", 64, TensorType::kOther},
    {"BOOL", 8, TensorType::kOther},     {"F8_E4M3", 8, TensorType::kOther},
    {"F8_E5M2", 8, TensorType::kOther},  {"F8_E8M0", 8, TensorType::kOther},
    {"F6_E2M3", 6, TensorType::kOther},  {"F6_E3M2", 6, TensorType::kOther},
    {"F4", 4, TensorType::kOther},       {"C64", 64, TensorType::kOther},
}};

Result<TypeName> type_from(const JsonField& field) {
  const auto name = field.string();
  if (!name) return name.error();
  const auto* const type = std::find_if(kTypes.begin(), kTypes.end(),
                                        [&](const TypeName& known) { return known.name == *name; });
  if (type == kTypes.end()) return field.error("an unknown type");
  return *type;
}

Result<std::vector<std::uint64_t>> shape_from(const JsonField& field) {
  const auto list = field.elements();
  if (!list) return list.error();
  std::vector<std::uint64_t> shape;
  for (const JsonField& element : *list) {
    const auto dimension = element.integer(0, kMost);
    if (!dimension) return dimension.error();
    if (shape.size() == kTensorRankMax) return field.error("too many dimensions");
    shape.push_back(static_cast<std::uint64_t>(*dimension));
  }
  shape.shrink_to_fit();
  return shape;
}

/// Begin and end in the data.
Result<std::pair<std::uint64_t, std::uint64_t>> offsets_from(const JsonField& field,
                                                             std::size_t data_bytes) {
  const auto list = field.elements();
  if (!list) return list.error();
  std::vector<std::uint64_t> offsets;
  for (const JsonField& element : *list) {
    const auto offset = element.integer(0, kMost);
    if (!offset) return offset.error();
    if (static_cast<std::uint64_t>(*offset) > data_bytes) {
      return element.error("behind the file's end: offset=" + std::to_string(*offset) +
                           " data_bytes=" + std::to_string(data_bytes));
    }
    if (offsets.size() == 2) return field.error("not two offsets");
    offsets.push_back(static_cast<std::uint64_t>(*offset));
  }
  if (offsets.size() != 2) return field.error("not two offsets");
  if (offsets[0] > offsets[1]) return field.error("ends before it begins");
  return std::pair(offsets[0], offsets[1]);
}

Result<TensorView> tensor_from(const JsonField& field, std::span<const std::uint8_t> data) {
  for (const char* key : {"dtype", "shape", "data_offsets"}) {
    if (const auto part = field.at(key); !part) return part.error();
  }
  const auto type = type_from(*field.find("dtype"));
  if (!type) return type.error();
  auto shape = shape_from(*field.find("shape"));
  if (!shape) return shape.error();
  const auto offsets = offsets_from(*field.find("data_offsets"), data.size());
  if (!offsets) return offsets.error();
  const auto count = num_elements(*shape);
  if (!count || *count > std::numeric_limits<std::uint64_t>::max() / type->bits) {
    return field.error("shape: too large");
  }
  const std::uint64_t bytes = offsets->second - offsets->first;
  if (bytes > data.size() || *count * type->bits % 8 != 0 || *count * type->bits / 8 != bytes) {
    return field.error("data_offsets: not as many bytes as shape and dtype say: bytes=" +
                       std::to_string(bytes));
  }
  return TensorView{type->type, *std::move(shape), data.subspan(offsets->first, bytes)};
}

/// Tensors follow one another from the data's first byte to its last.
Result<Done> covered(const TensorMap& tensors, std::span<const std::uint8_t> data) {
  std::vector<const TensorMap::value_type*> order;
  order.reserve(tensors.size());
  for (const auto& named : tensors) order.push_back(&named);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    const auto* const a_begin = a->second.bytes.data();
    const auto* const b_begin = b->second.bytes.data();
    // Empty tensors stand in front of the one that begins where they do.
    return a_begin != b_begin ? a_begin < b_begin : a->second.bytes.size() < b->second.bytes.size();
  });
  const std::uint8_t* done = data.data();
  for (const auto* named : order) {
    const auto bytes = named->second.bytes;
    if (bytes.data() != done) {
      return Error{ErrorCode::kFileUnreadable,
                   printable_name(named->first) + ".data_offsets: " +
                       (bytes.data() < done ? "overlaps another tensor" : "a gap before it")};
    }
    done = bytes.data() + bytes.size();
  }
  if (done != data.data() + data.size()) {
    return Error{ErrorCode::kFileUnreadable,
                 "data_offsets: no tensor has the file's last bytes: bytes=" +
                     std::to_string(data.data() + data.size() - done)};
  }
  return Done{};
}

Result<Done> check_metadata(const JsonField& field) {
  const auto members = field.members();
  if (!members) return members.error();
  for (const JsonMember& member : *members) {
    if (const auto text = member.value.string(); !text) return text.error();
  }
  return Done{};
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return c != '/' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
  });
}

}  // namespace

std::optional<std::uint64_t> num_elements(std::span<const std::uint64_t> shape) {
  // A dimension of 0 makes the product 0 whatever the others are.
  if (std::find(shape.begin(), shape.end(), 0U) != shape.end()) return 0;
  std::uint64_t product = 1;
  for (const std::uint64_t dimension : shape) {
    if (dimension > std::numeric_limits<std::uint64_t>::max() / product) return std::nullopt;
    product *= dimension;
  }
  return product;
}

Result<TensorMap> tensors_of(std::span<const std::uint8_t> file) {
  if (file.size() < kLengthBytes) {
    return Error{ErrorCode::kFileUnreadable, "header length: the file is cut short"};
  }
  std::uint64_t header_bytes = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;) header_bytes = header_bytes << 8U | file[i];
  const auto rest = file.subspan(kLengthBytes);
  if (header_bytes > rest.size()) {
    return Error{ErrorCode::kFileUnreadable, "header length: longer than the file: header_bytes=" +
                                                 std::to_string(header_bytes) +
                                                 " file_bytes=" + std::to_string(file.size())};
  }
  const auto data = rest.subspan(header_bytes);
  if (header_bytes == 0 || rest[0] != '{') {
    return Error{ErrorCode::kFileUnreadable, "header: does not begin with {"};
  }
  const auto root = JsonField::parse(rest.first(header_bytes));
  if (!root) return Error{ErrorCode::kFileUnreadable, "header: " + root.error().detail};
  TensorMap tensors;
  const auto members = root->members();
  if (!members) return members.error();
  for (JsonMember member : *members) {
    if (member.key == "__metadata__") {
      if (const auto checked = check_metadata(member.value); !checked) return checked.error();
      continue;
    }
    auto tensor = tensor_from(member.value, data);
    if (!tensor) return tensor.error();
    tensors.emplace(std::move(member.key), *std::move(tensor));
  }
  if (const auto checked = covered(tensors, data); !checked) return checked.error();
  return tensors;
}

Result<std::map<std::string, std::string, std::less<>>> weight_map_of(
    std::span<const std::uint8_t> document) {
  const auto root = JsonField::parse(document);
  if (!root) return root.error();
  const auto field = root->at("weight_map");
  if (!field) return field.error();
  const auto members = field->members();
  if (!members) return members.error();
  std::map<std::string, std::string, std::less<>> files;
  for (JsonMember member : *members) {
    auto file = member.value.string();
    if (!file) return file.error();
    if (!is_plain_name(*file)) return member.value.error("not the name of a file in the folder");
    files.emplace(std::move(member.key), *std::move(file));
  }
  if (files.empty()) return field->error("names no tensor");
  return files;
}

}  // namespace pith
