// Small safetensors files, written by hand.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace pith {

/// `header` with its length in front and `data` behind.
inline std::string safetensors_bytes(std::string_view header, std::string_view data) {
  std::string file;
  for (unsigned shift = 0; shift < 64; shift += 8) {
    file += static_cast<char>(std::uint64_t{header.size()} >> shift & 0xFFU);
  }
  return file.append(header).append(data);
}

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace pith
