#include "stages/model_files/tensor_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cassert>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace pith {
namespace {

std::string_view type_name(TensorType type) {
  return type == TensorType::kFloat32 ? "F32" : type == TensorType::kFloat16 ? "F16" : "BF16";
}

std::size_t bytes_of(TensorType type) { return type == TensorType::kFloat32 ? 4 : 2; }

std::uint16_t to_bfloat(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + (bits >> 16U & 1U)) >> 16U);
}

/// Round to nearest even; what is too large becomes infinite, what is too small subnormal or 0.
std::uint16_t to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16U & 0x8000U);
  const float size = std::abs(value);
  if (std::isnan(value)) return sign | 0x7E00U;
  if (size >= 65520.0F) return sign | 0x7C00U;
  if (size < 0x1p-14F) {  // subnormal: a multiple of 2^-24
    return sign | static_cast<std::uint16_t>(std::nearbyint(size * 0x1p24F));
  }
  const std::uint32_t rounded = (bits & 0x7FFFFFFFU) + 0xFFFU + (bits >> 13U & 1U);
  return sign | static_cast<std::uint16_t>((rounded - (std::uint32_t{127 - 15} << 23U)) >> 13U);
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string header_of(std::span<const TensorToWrite> tensors,
                      const std::map<std::string, std::string>& metadata) {
  std::string header = "{\"__metadata__\":{";
  const char* comma = "";
  for (const auto& [key, value] : metadata) {
    header += comma;
    append_quoted(header, key);
    header += ':';
    append_quoted(header, value);
    comma = ",";
  }
  header += '}';
  std::size_t begin = 0;
  for (const TensorToWrite& tensor : tensors) {
    header += ',';
    append_quoted(header, tensor.name);
    header += ":{\"dtype\":\"" + std::string(type_name(tensor.type)) + "\",\"shape\":[";
    comma = "";
    for (const std::uint64_t n : tensor.shape) {
      header += comma + std::to_string(n);
      comma = ",";
    }
    const std::size_t end = begin + tensor.numbers.size() * bytes_of(tensor.type);
    header += "],\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) + "]}";
    begin = end;
  }
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return header;
}

/// A file that is removed unless it is finished.
class NewFile {
 public:
  explicit NewFile(const std::string& path)
      : path_(path), fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (fd_ < 0) fail();
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!finished_) ::unlink(path_.c_str());
  }

  void write(const void* data, std::size_t size) {
    const auto* at = static_cast<const char*>(data);
    while (size > 0 && why_.empty()) {
      const ssize_t done = ::write(fd_, at, size);
      if (done < 0) {
        if (errno != EINTR) fail();
        continue;
      }
      at += done;
      size -= static_cast<std::size_t>(done);
    }
  }
  /// Synced and renamed to `path`. The directory's entry is synced, too.
  void finish(const std::string& path) {
    if (why_.empty() && ::fsync(fd_) != 0) fail();
    if (why_.empty() && ::rename(path_.c_str(), path.c_str()) != 0) fail();
    if (!why_.empty()) return;
    finished_ = true;
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const int directory =
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return;
    (void)::fsync(directory);
    ::close(directory);
  }
  const std::string& why() const { return why_; }

 private:
  void fail() { why_ = std::strerror(errno); }

  std::string path_;
  int fd_;
  std::string why_;
  bool finished_ = false;
};

void write_numbers(NewFile& file, const TensorToWrite& tensor) {
  if (tensor.type == TensorType::kFloat32) {
    file.write(tensor.numbers.data(), tensor.numbers.size_bytes());
    return;
  }
  std::vector<std::uint16_t> narrow(tensor.numbers.size());
  for (std::size_t i = 0; i < narrow.size(); ++i) {
    narrow[i] = tensor.type == TensorType::kFloat16 ? to_half(tensor.numbers[i])
                                                    : to_bfloat(tensor.numbers[i]);
  }
  file.write(narrow.data(), narrow.size() * sizeof(std::uint16_t));
}

}  // namespace

Result<Done> write_tensors(const std::string& path, std::span<const TensorToWrite> tensors,
                           const std::map<std::string, std::string>& metadata) {
  NewFile file(path + ".new");
  const std::string header = header_of(tensors, metadata);
  const std::uint64_t size = header.size();
  file.write(&size, sizeof size);
  file.write(header.data(), header.size());
  for (const TensorToWrite& tensor : tensors) {
    assert(num_elements(tensor.shape) == tensor.numbers.size());
    write_numbers(file, tensor);
  }
  file.finish(path);
  if (!file.why().empty()) return Error{ErrorCode::kStorageFailed, path + ": " + file.why()};
  return Done{};
}

}  // namespace pith
