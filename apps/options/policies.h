// Which policies a process loads, from its configuration.
#pragma once

#include <memory>
#include <string>

#include "apps/options/config.h"
#include "messages/result.h"
#include "stages/score/policy_set.h"

namespace pith {

/// The configured policy files and folders, else the shipped ones; config.champion may also be the
/// path of one more. Encoders of `loaded` (may be null) that have not changed are used again.
/// Errors: kFileUnreadable, kUnknownPolicy, kInvalidArgument (precision).
Result<std::shared_ptr<const PolicySet>> load_policies(const Config& config,
                                                       const std::string& models_dir,
                                                       const PolicySet* loaded = nullptr);

}  // namespace pith
