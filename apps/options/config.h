// What a user can set: a TOML file, then command-line flags over it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "messages/channel/endpoint.h"
#include "messages/compress.h"
#include "messages/result.h"
#include "stages/network/precision.h"

namespace pith {

/// off: relay only. observe: measure, forward unchanged. on: compress.
enum class Mode : std::uint8_t { kOff = 1, kObserve = 2, kOn = 3 };
/// "off", "observe", "on". Errors: kInvalidArgument.
Result<Mode> parse_mode(std::string_view text);
std::string_view to_string(Mode mode);

/// "HOST:PORT", "[::1]:PORT", ":PORT" or "PORT"; without a host: 127.0.0.1. Errors:
/// kInvalidArgument.
Result<HostPort> parse_listen(std::string_view text);

/// An LLM API. A name makes it answer under /NAME/...; the nameless one answers everything else.
struct UpstreamConfig {
  std::string name;
  bool tls = false;
  std::string host;
  std::uint16_t port = 80;
  std::string path_prefix;  ///< Without trailing slash and without a trailing /v1.
  bool url_had_v1 = false;  ///< Then a target without /v1 gets it.
  std::string url;          ///< As given, without user info, for people.
};
/// "[NAME=]URL", http or https. Errors: kInvalidArgument.
Result<UpstreamConfig> parse_upstream(std::string_view text);

struct Config {
  std::string file;  ///< Where it was read from; empty: defaults only.

  HostPort listen{"127.0.0.1", 8080};
  std::string admin_listen;              ///< "HOST:PORT" moves Pith's own endpoints there.
  std::string admin_token;               ///< Needed for /pith/* and /metrics off loopback.
  std::vector<std::string> admin_hosts;  ///< Extra Host names allowed on the admin endpoints.
  std::string state_dir;                 ///< Empty: the XDG path.
  std::vector<UpstreamConfig> upstreams;
  std::string ca_file;

  Mode mode = Mode::kOn;
  float rate = 0.5F;
  std::uint32_t min_tokens = 200;
  std::uint32_t document_min_tokens = 600;
  float min_gain = 0.1F;
  std::uint32_t deadline_ms =
      1500;  ///< For compression of one request; later: the original goes out.
  bool compress_tool_results = true, compress_documents = true, compress_user = true,
       compress_system = false, compress_assistant = false;
  bool count_tokens_original =
      false;  ///< Anthropic and Gemini token counting of the original prompt.
  std::uint32_t protect = kProtectDefault;
  std::vector<std::string> force_tokens;
  bool structure = true, repeat_markers = false;

  std::vector<std::string> policies;          ///< Files, folders; empty: all shipped ones.
  std::string champion;                       ///< Name or id; empty: pith-linear, else the first.
  Precision precision = Precision::kFloat32;  ///< Of encoders.
  std::vector<std::string> compressors;  ///< Endpoints of pith compressd; empty: in this process.
  std::uint32_t workers = 0;             ///< Compressor threads; 0: all cores.

  std::vector<std::string> daemon_endpoints;  ///< compressd: bound ROUTER endpoints.
  std::string daemon_ndjson;                  ///< compressd: "unix:/path" or "HOST:PORT".

  std::map<std::string, std::string> tenants;  ///< sha256 (hex) of an API key -> tenant name.
  std::vector<std::string> trusted_peers;      ///< Addresses whose x-pith-tenant counts.
  std::vector<std::pair<std::string, std::string>>
      tokenizers;  ///< Model glob -> reader tokenizer, first match.

  unsigned http_threads = 2;
  std::uint64_t body_bytes_max = 64ULL << 20;
  std::uint32_t connections_max = 4096, requests_max = 2048;
  std::uint32_t connect_timeout_ms = 10'000, response_timeout_ms = 600'000,
                idle_timeout_ms = 600'000, drain_timeout_ms = 30'000;

  std::string log_level = "info";
  std::string log_format = "auto";  ///< auto: text on a terminal, else json.
};

/// Reads a TOML file over the defaults. Unknown keys, wrong types and values out of range are
/// errors. Errors: kInvalidArgument "FILE:LINE:COLUMN: what"; kFileUnreadable.
Result<Config> load_config(const std::string& path);

/// $XDG_CONFIG_HOME/pith/pith.toml or ~/.config/pith/pith.toml; empty when it is not there.
std::string default_config_path();
/// $XDG_STATE_HOME/pith or ~/.local/state/pith; $STATE_DIRECTORY when systemd gives one.
std::string default_state_dir();
/// The folder with the shipped models: $PITH_MODELS, else share/pith/models or models near the
/// program. Errors: kFileUnreadable with the places looked at.
Result<std::string> find_models_dir();
/// The shipped policy files in `models_dir`, by name, the default champion first.
std::vector<std::string> shipped_policies(const std::string& models_dir);

/// Which tokenizer counts for `model`: the configured globs, then the known OpenAI families, else
/// o200k_base.
std::string reader_for_model(const Config& config, std::string_view model);

}  // namespace pith
