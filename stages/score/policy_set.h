// The policies a process serves; swapped as a whole, read without locks.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stages/score/keep_policy.h"

namespace pith {

/// Immutable. A new champion is a new PolicySet behind an atomic shared_ptr.
class PolicySet {
 public:
  /// `champion` is the index that an empty name means. policies is not empty.
  PolicySet(std::vector<std::shared_ptr<const KeepPolicy>> policies, std::size_t champion);

  /// By id, unambiguous id prefix of at least 8 digits, or name; empty: the champion; null when
  /// unknown.
  std::shared_ptr<const KeepPolicy> find(std::string_view id_or_name) const;
  const std::shared_ptr<const KeepPolicy>& champion() const { return policies_[champion_]; }
  const std::vector<std::shared_ptr<const KeepPolicy>>& all() const { return policies_; }

 private:
  std::vector<std::shared_ptr<const KeepPolicy>> policies_;
  std::size_t champion_;
};

/// Opens every path; the champion is the policy named or identified by `champion` (empty: the
/// first). Errors: as open_policy, and kUnknownPolicy.
Result<std::shared_ptr<const PolicySet>> open_policies(const std::vector<std::string>& paths,
                                                       std::string_view champion,
                                                       const PolicyOptions& options = {});

}  // namespace pith
