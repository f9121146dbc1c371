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
namespace {

template <class Policy>
Result<std::shared_ptr<const KeepPolicy>> any(Result<std::shared_ptr<const Policy>> policy) {
  if (!policy) return policy.error();
  return std::shared_ptr<const KeepPolicy>(*std::move(policy));
}

}  // namespace

Result<PolicyKind> policy_kind(const std::string& path) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed)) return PolicyKind::kEncoder;
  constexpr std::string_view kFamily = "pith-ngram ";
  std::array<char, kFamily.size()> start = {};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::kFileUnreadable, path + ": cannot be opened"};
  file.read(start.data(), start.size());
  if (file && std::string_view(start.data(), start.size()) == kFamily) return PolicyKind::kNgram;
  // safetensors: eight bytes of a length, then JSON.
  if (file && start[8] == '{') return PolicyKind::kLinear;
  return Error{ErrorCode::kFileUnreadable, path + ": magic: not a policy file"};
}

Result<std::shared_ptr<const KeepPolicy>> open_policy(const std::string& path,
                                                      const PolicyOptions& options) {
  const auto kind = policy_kind(path);
  if (!kind) return kind.error();
  switch (*kind) {
    case PolicyKind::kEncoder:
      return any(EncoderPolicy::open(path, options));
    case PolicyKind::kLinear:
      return any(LinearPolicy::open(path));
    case PolicyKind::kNgram:
      break;
  }
  return any(NgramPolicy::open(path));
}

}  // namespace pith
