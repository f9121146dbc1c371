#include "stages/score/policy_set.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace pith {
namespace {

constexpr std::size_t kIdPrefixMin = 8;

}  // namespace

PolicySet::PolicySet(std::vector<std::shared_ptr<const KeepPolicy>> policies, std::size_t champion)
    : policies_(std::move(policies)), champion_(champion) {
  assert(champion_ < policies_.size());
}

std::shared_ptr<const KeepPolicy> PolicySet::find(std::string_view id_or_name) const {
  if (id_or_name.empty()) return policies_[champion_];
  // A name wins over an id prefix: people choose names, and one could look like hex digits.
  for (const auto& policy : policies_) {
    if (policy->name() == id_or_name) return policy;
  }
  if (id_or_name.size() < kIdPrefixMin) return nullptr;
  std::shared_ptr<const KeepPolicy> found;
  for (const auto& policy : policies_) {
    if (!policy->id().starts_with(id_or_name)) continue;
    if (found != nullptr && found->id() != policy->id()) return nullptr;
    found = policy;
  }
  return found;
}

Result<std::shared_ptr<const PolicySet>> open_policies(const std::vector<std::string>& paths,
                                                       std::string_view champion,
                                                       const PolicyOptions& options) {
  if (paths.empty()) return Error{ErrorCode::kUnknownPolicy, "no policy file given"};
  std::vector<std::shared_ptr<const KeepPolicy>> policies;
  for (const std::string& path : paths) {
    Result<std::shared_ptr<const KeepPolicy>> policy = open_policy(path, options);
    if (!policy) return policy.error();
    policies.push_back(*std::move(policy));
  }
  const PolicySet unranked(policies, 0);
  const std::shared_ptr<const KeepPolicy> wanted = unranked.find(champion);
  if (wanted == nullptr) {
    return Error{ErrorCode::kUnknownPolicy, "no such policy: champion=" + std::string(champion)};
  }
  const auto index = std::ranges::find(policies, wanted) - policies.begin();
  return std::make_shared<const PolicySet>(std::move(policies), static_cast<std::size_t>(index));
}

}  // namespace pith
