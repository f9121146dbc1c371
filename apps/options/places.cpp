// Where files are: configuration, state, models.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "apps/options/config.h"

namespace pith {
namespace fs = std::filesystem;
namespace {

constexpr const char* kDefaultPolicy = "pith-linear";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string home_path(const char* xdg, const char* below_home) {
  if (const std::string base = environment(xdg); !base.empty()) return base + "/pith";
  if (const std::string home = environment("HOME"); !home.empty()) return home + below_home;
  return {};
}

}  // namespace

std::string default_config_path() {
  const std::string dir = home_path("XDG_CONFIG_HOME", "/.config/pith");
  std::error_code error;
  if (!dir.empty() && fs::exists(dir + "/pith.toml", error)) return dir + "/pith.toml";
  return {};
}

std::string default_state_dir() {
  if (const std::string systemd = environment("STATE_DIRECTORY"); !systemd.empty()) {
    return systemd.substr(0, systemd.find(':'));
  }
  if (std::string dir = home_path("XDG_STATE_HOME", "/.local/state/pith"); !dir.empty()) return dir;
  return "pith-state";
}

Result<std::string> find_models_dir() {
  std::vector<std::string> places;
  if (const std::string given = environment("PITH_MODELS"); !given.empty()) {
    places = {given};
  } else {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
    for (const char* below : {"../share/pith/models", "models", "../models", "../../../models"}) {
      places.push_back((program / below).lexically_normal().string());
    }
  }
  std::string looked;
  for (const std::string& place : places) {
    std::error_code error;
    if (fs::exists(place + "/o200k_base.ranks.zst", error)) return place;
    looked += (looked.empty() ? "" : ", ") + place;
  }
  return Error{ErrorCode::kFileUnreadable,
               "no models found; looked for o200k_base.ranks.zst in " + looked};
}

std::vector<std::string> shipped_policies(const std::string& models_dir) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(models_dir, error)) {
    const fs::path kind = entry.path().extension();
    if (kind == ".ngram" || kind == ".linear") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::stable_partition(paths.begin(), paths.end(), [](const std::string& path) {
    return fs::path(path).stem() == kDefaultPolicy;
  });
  return paths;
}

}  // namespace pith
