#include "stages/select/written_date.h"

#include <unordered_set>

namespace pith {

bool is_month(std::string_view word) {
  static const std::unordered_set<std::string_view> kMonths = {
      // en
      "January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep",
      "Sept", "Oct", "Nov", "Dec", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP",
      "OCT", "NOV", "DEC",
      // de
      "Januar", "Jänner", "Februar", "März", "Mai", "Juni", "Juli", "Oktober", "Dezember", "Mrz",
      "Okt", "Dez",
      // fr
      "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
      "octobre", "novembre", "décembre", "janv", "févr", "avr", "juil", "sept", "déc",
      // es
      "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
      "setiembre", "octubre", "noviembre", "diciembre",
      // ru
      "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
      "октября", "ноября", "декабря", "январь", "февраль", "март", "апрель", "май", "июнь", "июль",
      "август", "сентябрь", "октябрь", "ноябрь", "декабрь", "январе", "феврале", "марте", "апреле",
      "мае", "июне", "июле", "августе", "сентябре", "октябре", "ноябре", "декабре"};
  return kMonths.contains(word);
}

bool is_time_suffix(std::string_view word) {
  static const std::unordered_set<std::string_view> kSuffixes = {
      "AM",  "PM",   "am",  "pm",  "Am",  "Pm",  "a.m", "p.m",  "A.M",  "P.M",
      "UTC", "GMT",  "EST", "EDT", "CST", "CDT", "MST", "MDT",  "PST",  "PDT",
      "CET", "CEST", "BST", "JST", "IST", "MSK", "Uhr", "часа", "часов"};
  return kSuffixes.contains(word);
}

bool is_date_joint(std::string_view word) {
  return word == "de" || word == "del" || word == "of" || word == "the";
}

}  // namespace pith
