#include "apps/serve/event_log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "apps/json_api/json_text.h"

namespace pith {
namespace {

std::shared_ptr<spdlog::logger>& logger() {
  static std::shared_ptr<spdlog::logger> instance;
  return instance;
}
bool as_json = false;

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// Control characters could forge lines in a terminal.
void append_plain(std::string& out, std::string_view text) {
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
}

void append_value(std::string& out, const EventValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (as_json) {
      append_json_string(out, *text);
    } else {
      append_plain(out, *text);
    }
  } else if (const auto* number = std::get_if<double>(&value)) {
    append_json_number(out, *number);
  } else {
    out += *std::get_if<bool>(&value) ? "true" : "false";
  }
}

}  // namespace

Result<Done> start_event_log(std::string_view level, std::string_view format) {
  if (format != "auto" && format != "text" && format != "json") {
    return Error{ErrorCode::kInvalidArgument, "log.format must be auto, text or json"};
  }
  if (level != "debug" && level != "info" && level != "warning" && level != "error") {
    return Error{ErrorCode::kInvalidArgument, "log.level must be debug, info, warning or error"};
  }
  as_json = format == "json" || (format == "auto" && isatty(STDERR_FILENO) == 0);
  // A reader of stderr that stalls must not stall requests: lines beyond the queue push out the
  // oldest.
  static auto writer = std::make_shared<spdlog::details::thread_pool>(2048, 1);
  auto created = std::make_shared<spdlog::async_logger>(
      "pith", std::make_shared<spdlog::sinks::stderr_sink_mt>(), writer,
      spdlog::async_overflow_policy::overrun_oldest);
  created->set_level(level == "debug"     ? spdlog::level::debug
                     : level == "info"    ? spdlog::level::info
                     : level == "warning" ? spdlog::level::warn
                                          : spdlog::level::err);
  created->flush_on(spdlog::level::debug);
  if (as_json) {
    created->set_pattern(R"({"t":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                         spdlog::pattern_time_type::utc);
  } else {
    created->set_pattern("%H:%M:%S.%e %-7l %v");
  }
  logger() = std::move(created);
  return Done{};
}

void log_event(Level level, std::string_view event, std::initializer_list<EventField> fields) {
  if (!logger() || !logger()->should_log(spdlog_level(level))) return;
  std::string line;
  if (as_json) {
    line += "\"event\":";
    append_json_string(line, event);
    for (const auto& [name, value] : fields) {
      line += ',';
      append_json_string(line, name);
      line += ':';
      append_value(line, value);
    }
  } else {
    line += event;
    for (const auto& [name, value] : fields) {
      line += "  ";
      line += name;
      line += '=';
      append_value(line, value);
    }
  }
  logger()->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace pith
