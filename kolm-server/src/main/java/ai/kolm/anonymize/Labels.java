package ai.kolm.anonymize;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Words that say what the value behind them is: {@code MRN 8847}. The same words, as names of
 * members, say what a value in JSON is.
 */
final class Labels {
  private static final Map<String, EntityClass> BY_PHRASE = new HashMap<>();
  private static final WordSet FIRST_WORDS;

  /** The longest phrase, in words. */
  static final int MAX_WORDS = 3;

  static {
    add(
        EntityClass.MRN,
        "mrn,medical record,medical record number,record number,record no,patient id,patient no,"
            + "patient number,patientid,chart,chart number,chart no,encounter,encounter id,"
            + "encounter number,visit number,visit no,visit id,case number,case no,case id,"
            + "accession,accession number,accession no,specimen,specimen id,specimen number,hosp no,"
            + "unit number,admission number,csn,fin,med rec,mr no,study id,subject id,order number,"
            + "requisition,hospital number,nhs number,nhs,uhid,empi");
    add(
        EntityClass.ACCOUNT,
        "account,account number,account no,acct,acct no,acct number,member,member id,"
            + "member number,member no,memberid,policy,policy number,policy no,policy id,group number,"
            + "subscriber,subscriber id,beneficiary,beneficiary id,medicare,medicare id,medicaid,"
            + "medicaid id,health plan,plan id,insurance id,insurance number,claim,claim number,"
            + "claim no,claim id,invoice,invoice number,routing,routing number,customer id,"
            + "customer number,contract number,employee id,employee number,badge,badge number,hicn,"
            + "mbi,iban,reference number,reservation,confirmation number,order id");
    add(
        EntityClass.LICENCE,
        "license,licence,license number,licence number,license no,licence no,driver license,"
            + "drivers license,dl,dl number,certificate,certificate number,certificate no,passport,"
            + "passport number,passport no,dea,dea number,npi,npi number,registration,"
            + "registration number,visa number,permit,permit number,taxpayer id,tax id,tin,ein");
    add(
        EntityClass.SERIAL,
        "serial,serial number,serial no,s/n,sn,device id,device serial,device number,device,"
            + "implant id,model serial,udi,lot,lot number,pacemaker serial,asset tag,imei,mac");
    add(
        EntityClass.PLATE,
        "plate,license plate,licence plate,plate number,plate no,tag number,"
            + "registration plate,vehicle plate,license tag");
    add(EntityClass.VIN, "vin,vin number,vehicle id,chassis");
    add(EntityClass.ROOM, "room,rm,bed,room number,room no,bay");
    add(EntityClass.ZIP, "zip,zip code,zipcode,postal code,postcode,post code");
    add(EntityClass.SSN, "ssn,social security,social security number,social");
    FIRST_WORDS = WordSet.of(BY_PHRASE.keySet().stream().map(Labels::firstWord).toList());
  }

  private Labels() {}

  private static void add(EntityClass type, String phrases) {
    for (String phrase : phrases.split(",", -1)) {
      BY_PHRASE.put(phrase, type);
    }
  }

  private static String firstWord(String phrase) {
    int end = 0;
    while (end < phrase.length() && Character.isLetter(phrase.charAt(end))) {
      end++;
    }
    return phrase.substring(0, end);
  }

  /** Whether a phrase begins with this word. */
  static boolean begins(String word) {
    return FIRST_WORDS.contains(word);
  }

  /** What a phrase of small letters, its words separated by single spaces, announces. */
  static Optional<EntityClass> of(String phrase) {
    return Optional.ofNullable(BY_PHRASE.get(phrase));
  }

  /** What a member of this name has for a value: {@code patientId}, {@code first_name}, ... */
  static Optional<EntityClass> ofMember(String name) {
    String phrase =
        name.replaceAll("([a-z])([A-Z])", "$1 $2")
            .replaceAll("[_\\-. ]+", " ")
            .strip()
            .toLowerCase(Locale.ROOT);
    return switch (phrase) {
      case "name",
          "full name",
          "first name",
          "last name",
          "middle name",
          "given name",
          "family name",
          "surname",
          "patient",
          "patient name",
          "physician",
          "provider name",
          "doctor",
          "contact name",
          "customer name",
          "nurse",
          "attending" ->
          Optional.of(EntityClass.NAME);
      case "phone", "phone number", "fax", "mobile", "telephone", "cell" ->
          Optional.of(EntityClass.PHONE);
      case "address", "street", "street address", "address line 1" ->
          Optional.of(EntityClass.ADDRESS);
      case "city", "town", "hospital", "facility" -> Optional.of(EntityClass.PLACE);
      case "password", "api key", "secret", "token", "access token" ->
          Optional.of(EntityClass.SECRET);
      default -> of(phrase);
    };
  }
}
