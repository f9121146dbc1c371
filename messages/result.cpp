#include "messages/result.h"

namespace pith {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformedMessage: return "malformed_message";
    case ErrorCode::kPromptTooLong: return "prompt_too_long";
    case ErrorCode::kOverloaded: return "overloaded";
    case ErrorCode::kDeadlineExceeded: return "deadline_exceeded";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kUnknownPolicy: return "unknown_policy";
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kNotEditable: return "not_editable";
    case ErrorCode::kFileUnreadable: return "file_unreadable";
    case ErrorCode::kStorageFailed: return "storage_failed";
    case ErrorCode::kInternal: return "internal";
  }
  return "unknown";
}

}  // namespace pith
