#include "apps/providers/api_path.h"

#include <algorithm>
#include <cctype>

namespace pith {
namespace {

bool is_version(std::string_view segment) {  // v1, v1beta, v4
  return segment.size() >= 2 && segment[0] == 'v' && segment[1] >= '0' && segment[1] <= '9';
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto hex = [&](std::size_t at) {
      return std::isxdigit(static_cast<unsigned char>(text[at])) != 0;
    };
    if (text[i] == '%' && i + 2 < text.size() && hex(i + 1) && hex(i + 2)) {
      out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool is_json(std::string_view content_type) {
  std::string lower(content_type);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  const std::size_t semicolon = std::min(lower.find(';'), lower.size());
  std::string_view type = std::string_view(lower).substr(0, semicolon);
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  while (!type.empty() && (type.front() == ' ' || type.front() == '\t')) type.remove_prefix(1);
  if (type != "application/json") return false;
  const std::size_t charset = lower.find("charset=", semicolon);
  if (charset == std::string::npos) return true;
  std::string_view name = std::string_view(lower).substr(charset + 8);
  if (name.starts_with('"')) name.remove_prefix(1);
  return name.starts_with("utf-8") || name.starts_with("utf8") || name.starts_with("us-ascii");
}

}  // namespace

ApiPath::ApiPath(std::string_view target) {
  if (const std::size_t scheme = target.find("://");
      scheme != std::string_view::npos && !target.starts_with('/')) {
    const std::size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  path_ = target.substr(0, target.find_first_of("?#"));
}

std::string_view ApiPath::segment(std::size_t from_end) const {
  std::string_view rest = path_;
  for (;; --from_end) {
    const std::size_t slash = rest.rfind('/');
    if (slash == std::string_view::npos) return {};
    if (from_end == 0) return rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
}

bool ApiPath::has_segment(std::string_view name) const {
  for (std::size_t at = path_.find(name); at != std::string_view::npos;
       at = path_.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if (at > 0 && path_[at - 1] == '/' &&
        (end == path_.size() || path_[end] == '/' || path_[end] == ':'))
      return true;
  }
  return false;
}

// The last segment alone, after /v1, or after an Azure deployment.
bool ApiPath::after_version() const {
  return segment(1).empty() || is_version(segment(1)) || segment(2) == "deployments";
}

Api ApiPath::api() const {
  const std::string_view last = segment(0);
  const std::string_view before = segment(1);
  if (last == "completions" && before == "chat") return Api::kOpenAiChat;
  if (last == "completions" && after_version()) return Api::kOpenAiCompletions;
  if (last == "responses") return Api::kOpenAiResponses;
  if (before == "responses" && (last == "input_tokens" || last == "compact"))
    return Api::kOpenAiResponses;
  if (last == "messages" && after_version()) return Api::kAnthropicMessages;
  if (last == "count_tokens" && before == "messages") return Api::kAnthropicCountTokens;
  if (last == "chat" && before == "api") return Api::kOllamaChat;
  if (last == "generate" && before == "api") return Api::kOllamaGenerate;
  if (path_.ends_with(":generateContent") || path_.ends_with(":streamGenerateContent"))
    return Api::kGeminiGenerate;
  if (path_.ends_with(":countTokens")) return Api::kGeminiCountTokens;
  return Api::kNone;
}

ErrorFamily ApiPath::family() const {
  switch (api()) {
    case Api::kAnthropicMessages:
    case Api::kAnthropicCountTokens:
      return ErrorFamily::kAnthropic;
    case Api::kOllamaChat:
    case Api::kOllamaGenerate:
      return ErrorFamily::kOllama;
    case Api::kGeminiGenerate:
    case Api::kGeminiCountTokens:
      return ErrorFamily::kGemini;
    case Api::kNone:
      break;
    default:
      return ErrorFamily::kOpenAi;
  }
  if (has_segment("threads")) return ErrorFamily::kOpenAi;  // /v1/threads/ID/messages
  if (has_segment("messages") || segment(0) == "complete") return ErrorFamily::kAnthropic;
  if (segment(1) == "api" || segment(2) == "api") {
    static constexpr std::string_view kOllamaPaths[] = {"embed",  "embeddings", "pull",    "push",
                                                        "tags",   "show",       "copy",    "ps",
                                                        "create", "delete",     "version", "blobs"};
    for (const std::string_view name : kOllamaPaths) {
      if ((segment(0) == name && segment(1) == "api") ||
          (segment(1) == name && segment(2) == "api")) {
        return ErrorFamily::kOllama;
      }
    }
  }
  for (const std::string_view version :
       {"v1beta", "v1alpha", "v1beta1", "tunedModels", "cachedContents"}) {
    if (has_segment(version)) return ErrorFamily::kGemini;
  }
  return ErrorFamily::kOpenAi;
}

std::string ApiPath::model() const {
  const std::string_view last = segment(0);
  if (const std::size_t colon = last.rfind(':'); colon != std::string_view::npos) {
    const std::string name = percent_decoded(last.substr(0, colon));
    return name.substr(name.rfind('/') + 1);
  }
  for (std::size_t i = 1; !segment(i).empty(); ++i) {
    if (segment(i) == "deployments") return percent_decoded(segment(i - 1));
  }
  return {};
}

Api detect_api(std::string_view method, std::string_view target, std::string_view content_type) {
  if (method != "POST" || !is_json(content_type)) return Api::kNone;
  return ApiPath(target).api();
}

ErrorFamily error_family(std::string_view target) { return ApiPath(target).family(); }

std::string_view to_string(Api api) {
  switch (api) {
    case Api::kNone:
      return "none";
    case Api::kOpenAiChat:
      return "openai-chat";
    case Api::kOpenAiCompletions:
      return "openai-completions";
    case Api::kOpenAiResponses:
      return "openai-responses";
    case Api::kAnthropicMessages:
      return "anthropic-messages";
    case Api::kAnthropicCountTokens:
      return "anthropic-count-tokens";
    case Api::kOllamaChat:
      return "ollama-chat";
    case Api::kOllamaGenerate:
      return "ollama-generate";
    case Api::kGeminiGenerate:
      return "gemini-generate";
    case Api::kGeminiCountTokens:
      return "gemini-count-tokens";
  }
  return "none";
}

}  // namespace pith
