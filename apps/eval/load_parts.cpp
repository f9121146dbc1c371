#include <algorithm>
#include <filesystem>

#include "apps/eval/eval_arguments.h"
#include "apps/eval/orders.h"
#include "apps/options/config.h"
#include "apps/options/policies.h"

namespace pith {
namespace {

Error wrong(std::string what) { return Error{ErrorCode::kInvalidArgument, std::move(what)}; }

Result<std::shared_ptr<const KeepPolicy>> find_policy(const std::string& name,
                                                      const std::string& models_dir,
                                                      Precision precision) {
  // Scores of texts seen before would make times that no new text has.
  const PolicyOptions options{.precision = precision, .memo_bytes = 0};
  std::error_code ignored;
  for (const std::string& path :
       {name, models_dir + "/" + name + ".linear", models_dir + "/" + name + ".ngram",
        models_dir + "/" + name}) {
    if (std::filesystem::exists(path, ignored)) return open_policy(path, options);
  }
  return Error{ErrorCode::kUnknownPolicy, "no policy called " + name};
}

/// What ships and is not the self-information baseline itself.
Result<std::vector<std::string>> shipped_champion(const std::string& models_dir,
                                                  const KeepPolicy& self_information) {
  const auto set = load_policies(Config{}, models_dir);
  if (!set) return set.error();
  if ((*set)->champion()->id() == self_information.id()) return std::vector<std::string>();
  return std::vector<std::string>{(*set)->champion()->name()};
}

}  // namespace

Result<EvalParts> load_parts(const EvalOptions& options) {
  EvalParts parts;
  auto models_dir = find_models_dir();
  if (!models_dir) return models_dir.error();
  parts.models_dir = *models_dir;
  auto counter = load_token_counter(options.tokenizer, *models_dir);
  if (!counter) return counter.error();
  parts.counter = *counter;
  auto self_information = find_policy("ngram-multi", *models_dir, options.precision);
  if (!self_information) return self_information.error();
  parts.any_policy = *self_information;

  std::vector<std::string> names = options.policies;
  if (names.empty()) {
    auto shipped = shipped_champion(*models_dir, **self_information);
    if (!shipped) return shipped.error();
    names = *shipped;
  }
  const auto taken = [&](const std::string& name) {
    return name == "full" || name == "none" ||
           std::ranges::find(kBaselines, name) != kBaselines.end() ||
           std::ranges::any_of(parts.shorteners,
                               [&](const Shortener& other) { return other.name() == name; });
  };
  for (const std::string& name : names) {
    auto policy = find_policy(name, *models_dir, options.precision);
    if (!policy) return policy.error();
    const std::string label = taken((*policy)->name()) ? name : (*policy)->name();
    if (taken(label)) return wrong("--policy " + name + ": given twice");
    parts.shorteners.emplace_back(label, *policy, options.selection.seed);
  }
  for (const std::string& name : options.baselines) {
    parts.shorteners.emplace_back(name, name == "self-information" ? *self_information : nullptr,
                                  options.selection.seed);
  }
  if (parts.shorteners.empty()) return wrong("nothing to measure: no policy and no baseline");
  return parts;
}

}  // namespace pith
