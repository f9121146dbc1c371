// `pith compress --exact`: LLMLingua-2 as its authors' program has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pith {

struct ExactFlags {
  std::string policy;
  std::string precision = "float32";
  std::optional<double> rate;
  std::optional<std::uint32_t> target_tokens;
  std::vector<std::string> force_tokens, chunk_ends, files;
  bool force_digits = false, drop_consecutive = false, labels = false;
  bool json = false, jsonl = false;
};

/// The exit status.
int run_compress_exact(const ExactFlags& flags);

}  // namespace pith
