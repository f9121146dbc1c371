#include "apps/options/policies.h"

#include <filesystem>

namespace pith {

Result<std::shared_ptr<const PolicySet>> load_policies(const Config& config,
                                                       const std::string& models_dir,
                                                       const PolicySet* loaded) {
  std::vector<std::string> paths =
      config.policies.empty() ? shipped_policies(models_dir) : config.policies;
  std::string champion = config.champion;
  std::error_code error;
  // An encoder that ships is opened when it is asked for: it takes memory.
  const std::string shipped_encoder = models_dir + "/" + champion;
  if (!champion.empty() &&
      std::filesystem::is_regular_file(shipped_encoder + "/config.json", error)) {
    champion = shipped_encoder;
  }
  if (champion.find('/') != std::string::npos ||
      std::filesystem::is_regular_file(champion, error) ||
      std::filesystem::is_regular_file(champion + "/config.json", error)) {
    paths.insert(paths.begin(), champion);
    champion.clear();
  }
  if (paths.empty()) {
    return Error{ErrorCode::kFileUnreadable,
                 "no policy: " + models_dir + " holds no *.linear and no *.ngram file"};
  }
  return open_policies(paths, champion, {.precision = config.precision, .loaded = loaded});
}

}  // namespace pith
