// Small safetensors files, written by hand.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "stages/model_files/tensor_header.h"

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

/// A header and the data of `tensors`, all F32.
inline std::string safetensors_of(const TensorMap& tensors) {
  std::string header = "{";
  std::string data;
  for (const auto& [name, view] : tensors) {
    header += (header.size() > 1 ? ",\"" : "\"") + name + R"(":{"dtype":"F32","shape":[)";
    for (std::size_t i = 0; i < view.shape.size(); ++i) {
      header += (i > 0 ? "," : "") + std::to_string(view.shape[i]);
    }
    header += R"(],"data_offsets":[)" + std::to_string(data.size()) + ",";
    data.append(reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size());
    header += std::to_string(data.size()) + "]}";
  }
  return safetensors_bytes(header + "}", data);
}

/// model.safetensors.index.json and two files, every other tensor (F32) in each.
inline void write_in_two_files(const TensorMap& tensors, const std::string& folder) {
  TensorMap parts[2];
  std::string weight_map;
  std::size_t place = 0;
  for (const auto& [name, view] : tensors) {
    const std::size_t part = place++ % 2;
    parts[part].emplace(name, view);
    weight_map += (weight_map.empty() ? "\"" : ",\"") + name + "\":\"part" + std::to_string(part) +
                  ".safetensors\"";
  }
  write_file(folder + "/part0.safetensors", safetensors_of(parts[0]));
  write_file(folder + "/part1.safetensors", safetensors_of(parts[1]));
  write_file(folder + "/model.safetensors.index.json", R"({"weight_map":{)" + weight_map + "}}");
}

}  // namespace pith
