// Words that belong to a date or a time of day: months, halves of the day, time zones.
#pragma once

#include <string_view>

namespace pith {

/// "March", "Mar", "März", "mars", "marzo", "марта": names of months in English, German, French,
/// Spanish and Russian and the usual short forms. English and German ones in capitals only: "may"
/// and "mar" are words of their own.
bool is_month(std::string_view word);

/// What stands after a time of day: "PM", "a.m", "UTC", "Uhr".
bool is_time_suffix(std::string_view word);

/// What may stand between the day, the month and the year: "3 de mayo de 2024", "3rd of May".
bool is_date_joint(std::string_view word);

}  // namespace pith
