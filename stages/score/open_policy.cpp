#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "stages/score/encoder_policy.h"
#include "stages/score/keep_policy.h"
#include "stages/score/linear_policy.h"
#include "stages/score/ngram_policy.h"

namespace pith {

Result<std::shared_ptr<const KeepPolicy>> open_policy(const std::string& path,
                                                      const PolicyOptions& options) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) {
    auto policy = EncoderPolicy::open(path, options);
    if (!policy) return policy.error();
    return std::shared_ptr<const KeepPolicy>(*std::move(policy));
  }
  // By content, not by name: a file may be called anything.
  constexpr std::string_view kFamily = "pith-ngram ";
  std::array<char, kFamily.size()> start = {};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::kFileUnreadable, path + ": cannot be opened"};
  file.read(start.data(), start.size());
  // safetensors: eight bytes of a length, then JSON.
  if (file && start[8] == '{') {
    auto policy = LinearPolicy::open(path);
    if (!policy) return policy.error();
    return std::shared_ptr<const KeepPolicy>(*std::move(policy));
  }
  if (!file || std::string_view(start.data(), start.size()) != kFamily) {
    return Error{ErrorCode::kFileUnreadable, path + ": magic: not a policy file"};
  }
  Result<std::shared_ptr<const NgramPolicy>> policy = NgramPolicy::open(path);
  if (!policy) return policy.error();
  return std::shared_ptr<const KeepPolicy>(*std::move(policy));
}

}  // namespace pith
