#include "apps/options/config.h"

#include <fnmatch.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace pith {
namespace {

/// Walks one table, remembers the first mistake with its place, and knows which keys were asked
/// for.
class TableReader {
 public:
  TableReader(const toml::table& table, const std::string& file, std::string& mistake,
              std::string prefix = "")
      : table_(table), file_(file), mistake_(mistake), prefix_(std::move(prefix)) {}

  template <class T>
  void number(const char* key, T& out, double low, double high) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    const auto value = node->value<double>();
    if (!node->is_number() || !value) return fail(*node, key, "must be a number");
    if (!(*value >= low && *value <= high)) {
      std::ostringstream text;
      text << "must be between " << low << " and " << high;
      return fail(*node, key, text.str());
    }
    if (std::is_integral_v<T> && !node->is_integer())
      return fail(*node, key, "must be a whole number");
    out = static_cast<T>(*value);
  }
  void flag(const char* key, bool& out) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    if (!node->is_boolean()) return fail(*node, key, "must be true or false");
    out = *node->value<bool>();
  }
  void text(const char* key, std::string& out) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    if (!node->is_string()) return fail(*node, key, "must be a string");
    out = *node->value<std::string>();
  }
  /// `parse` turns the string into the value or an error.
  template <class Parse, class T>
  void parsed(const char* key, T& out, Parse parse) {
    const toml::node* node = find(key);
    std::string value;
    const bool given = node != nullptr;
    text(key, value);
    if (!given || !mistake_.empty()) return;
    auto result = parse(value);
    if (!result) return fail(*node, key, result.error().detail);
    out = *std::move(result);
  }
  void list(const char* key, std::vector<std::string>& out) {
    each_string(key,
                [&](const toml::node&, std::string value) { out.push_back(std::move(value)); });
  }
  template <class Use>
  void each_string(const char* key, Use use) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) return fail(*node, key, "must be a list of strings");
    for (const toml::node& item : *array) {
      if (!item.is_string()) return fail(item, key, "must be a list of strings");
      use(item, *item.value<std::string>());
    }
  }
  std::string& mistake() { return mistake_; }
  const toml::node* take(const char* key) {
    known_.insert(key);
    return find(key);
  }
  void fail(const toml::node& node, const std::string& key, const std::string& what) {
    if (!mistake_.empty()) return;
    std::ostringstream text;
    text << file_ << ':' << node.source().begin.line << ':' << node.source().begin.column << ": "
         << prefix_ << key << ' ' << what;
    mistake_ = text.str();
  }
  /// After the last key: whatever was not asked for is unknown.
  void finish() {
    for (const auto& [key, node] : table_) {
      if (known_.count(std::string(key.str())) != 0) continue;
      if (!mistake_.empty()) return;
      std::ostringstream text;
      text << file_ << ':' << key.source().begin.line << ':' << key.source().begin.column
           << ": unknown key " << prefix_ << key.str();
      mistake_ = text.str();
    }
  }
  template <class Use>
  void table(const char* key, Use use) {
    const toml::node* node = take(key);
    if (node == nullptr) return;
    const toml::table* inner = node->as_table();
    if (inner == nullptr) return fail(*node, key, "must be a table");
    TableReader reader(*inner, file_, mistake_, prefix_ + key + ".");
    use(reader, *inner);
  }

 private:
  const toml::node* find(const char* key) const { return table_.get(key); }

  const toml::table& table_;
  const std::string& file_;
  std::string& mistake_;
  std::string prefix_;
  std::set<std::string> known_;
};

Result<std::uint32_t> protect_bit(const std::string& name) {
  if (const std::uint32_t bit = protect_class(name); bit != 0) return bit;
  return Error{ErrorCode::kInvalidArgument, "names no class of protected spans: " + name};
}

void read_compress(TableReader& table, Config& config) {
  table.parsed("mode", config.mode, [](const std::string& text) { return parse_mode(text); });
  table.number("rate", config.rate, 0.01, 1.0);
  table.number("min_tokens", config.min_tokens, 0, 1e9);
  table.number("document_min_tokens", config.document_min_tokens, 0, 1e9);
  table.number("min_gain", config.min_gain, 0.0, 1.0);
  table.number("deadline_ms", config.deadline_ms, 1, 600'000);
  table.flag("tool_results", config.compress_tool_results);
  table.flag("documents", config.compress_documents);
  table.flag("user", config.compress_user);
  table.flag("system", config.compress_system);
  table.flag("assistant", config.compress_assistant);
  table.flag("count_tokens_original", config.count_tokens_original);
  table.flag("structure", config.structure);
  table.flag("repeat_markers", config.repeat_markers);
  table.list("force_tokens", config.force_tokens);
  if (table.take("protect") != nullptr) config.protect = 0;
  table.each_string("protect", [&](const toml::node& node, const std::string& name) {
    const auto bit = protect_bit(name);
    if (bit) {
      config.protect |= *bit;
    } else {
      table.fail(node, "protect", bit.error().detail);
    }
  });
  table.list("policies", config.policies);
  table.text("policy", config.champion);
  table.parsed("precision", config.precision,
               [](const std::string& text) { return parse_precision(text); });
  table.list("compressors", config.compressors);
  table.number("workers", config.workers, 0, 1024);
  table.finish();
}

void read_upstreams(TableReader& root, Config& config, const toml::table& table) {
  const toml::node* node = root.take("upstream");
  if (node == nullptr) return;
  const toml::array* list = table.get("upstream")->as_array();
  if (list == nullptr) return root.fail(*node, "upstream", "must be [[upstream]] tables");
  for (const toml::node& item : *list) {
    const toml::table* entry = item.as_table();
    if (entry == nullptr) return root.fail(item, "upstream", "must be [[upstream]] tables");
    TableReader reader(*entry, config.file, root.mistake(), "upstream.");
    std::string name;
    std::string url;
    reader.text("name", name);
    reader.text("url", url);
    reader.finish();
    if (!root.mistake().empty()) return;
    auto upstream = parse_upstream(name.empty() ? url : name + "=" + url);
    if (!upstream) return root.fail(item, "upstream", upstream.error().detail);
    for (const UpstreamConfig& other : config.upstreams) {
      if (other.name == upstream->name)
        return root.fail(item, "upstream", "has the name of one before it");
    }
    config.upstreams.push_back(*std::move(upstream));
  }
}

/// Names as sha256 (hex) of an API key: a slip would silently make a tenant that nobody is.
void read_tenants(TableReader& table, Config& config, const toml::table& names) {
  for (const auto& [key, node] : names) {
    const std::string name(key.str());
    std::string hash;
    table.text(name.c_str(), hash);
    std::transform(hash.begin(), hash.end(), hash.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (hash.size() != 64 || hash.find_first_not_of("0123456789abcdef") != std::string::npos)
      return table.fail(node, name, "must be the sha256 of an API key: 64 hex digits");
    if (!config.tenants.emplace(hash, name).second)
      return table.fail(node, name, "has the API key of another tenant");
  }
}

/// The first glob that matches counts, so they are taken in the order of the file, which the parser
/// does not keep.
void read_tokenizers(TableReader& table, Config& config, const toml::table& globs) {
  std::vector<std::pair<toml::source_position, std::string>> keys;
  for (const auto& [key, node] : globs) keys.emplace_back(key.source().begin, key.str());
  std::sort(keys.begin(), keys.end());
  for (const auto& [place, glob] : keys) {
    std::string name;
    table.text(glob.c_str(), name);
    if (name != "o200k_base" && name != "cl100k_base") {
      return table.fail(*globs.get(glob), glob, "must be \"o200k_base\" or \"cl100k_base\"");
    }
    config.tokenizers.emplace_back(glob, name);
  }
}

void read_root(TableReader& root, Config& config, const toml::table& table) {
  root.parsed("listen", config.listen, [](const std::string& text) { return parse_listen(text); });
  root.text("state", config.state_dir);
  root.text("ca_file", config.ca_file);
  read_upstreams(root, config, table);
  root.table("compress",
             [&](TableReader& inner, const toml::table&) { read_compress(inner, config); });
  root.table("admin", [&](TableReader& inner, const toml::table&) {
    inner.text("listen", config.admin_listen);
    inner.text("token", config.admin_token);
    inner.list("hosts", config.admin_hosts);
    inner.finish();
  });
  root.table("daemon", [&](TableReader& inner, const toml::table&) {
    inner.list("endpoints", config.daemon_endpoints);
    inner.text("ndjson", config.daemon_ndjson);
    inner.finish();
  });
  root.table("tenants", [&](TableReader& inner, const toml::table& names) {
    read_tenants(inner, config, names);
  });
  root.list("trusted_peers", config.trusted_peers);
  root.table("tokenizers", [&](TableReader& inner, const toml::table& globs) {
    read_tokenizers(inner, config, globs);
  });
  root.table("http", [&](TableReader& inner, const toml::table&) {
    inner.number("threads", config.http_threads, 1, 64);
    inner.number("body_bytes_max", config.body_bytes_max, 1024, 1ULL << 30);
    inner.number("connections_max", config.connections_max, 1, 1'000'000);
    inner.number("requests_max", config.requests_max, 1, 1'000'000);
    inner.number("connect_timeout_ms", config.connect_timeout_ms, 1, 3'600'000);
    inner.number("response_timeout_ms", config.response_timeout_ms, 1, 3'600'000);
    inner.number("idle_timeout_ms", config.idle_timeout_ms, 1, 3'600'000);
    inner.number("drain_timeout_ms", config.drain_timeout_ms, 0, 3'600'000);
    inner.finish();
  });
  root.table("log", [&](TableReader& inner, const toml::table&) {
    inner.text("level", config.log_level);
    inner.text("format", config.log_format);
    inner.finish();
  });
  root.finish();
}

}  // namespace

Result<Mode> parse_mode(std::string_view text) {
  if (text == "off") return Mode::kOff;
  if (text == "observe") return Mode::kObserve;
  if (text == "on") return Mode::kOn;
  return Error{ErrorCode::kInvalidArgument, "must be off, observe or on"};
}

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::kOff:
      return "off";
    case Mode::kObserve:
      return "observe";
    case Mode::kOn:
      return "on";
  }
  return "on";
}

Result<Config> load_config(const std::string& path) {
  Config config;
  config.file = path;
  std::ifstream file(path);
  if (!file) return Error{ErrorCode::kFileUnreadable, path + ": cannot be read"};
  try {
    const toml::table table = toml::parse(file, path);
    std::string mistake;
    TableReader root(table, config.file, mistake);
    read_root(root, config, table);
    if (!mistake.empty()) return Error{ErrorCode::kInvalidArgument, mistake};
  } catch (const toml::parse_error& error) {
    std::ostringstream text;
    text << path << ':' << error.source().begin.line << ':' << error.source().begin.column << ": "
         << error.description();
    return Error{ErrorCode::kInvalidArgument, text.str()};
  }
  return config;
}

std::string reader_for_model(const Config& config, std::string_view model) {
  const std::string name(model);
  for (const auto& [glob, tokenizer] : config.tokenizers) {
    if (fnmatch(glob.c_str(), name.c_str(), 0) == 0) return tokenizer;
  }
  // OpenAI's families before gpt-4o; everything later, and every other vendor as an estimate, is
  // o200k_base.
  static constexpr const char* kCl100k[] = {"gpt-3.5*", "gpt-35*",           "gpt-4",
                                            "gpt-4-*",  "text-embedding-3*", "text-embedding-ada*"};
  for (const char* glob : kCl100k) {
    if (fnmatch(glob, name.c_str(), 0) == 0) return "cl100k_base";
  }
  return "o200k_base";
}

}  // namespace pith
