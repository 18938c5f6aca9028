; Installer for Windows: for one user, without administrator rights.
;
;   makensis -DVERSION=0.1.0 -DPAYLOAD=build\frozen\earmark -DOUTPUT=dist\Earmark-0.1.0-setup.exe
;            packaging\windows\earmark.nsi
;
; Silent: setup.exe /S; where to: /D=C:\folder (last, without quotes).
; Silent removal: uninstall.exe /S keeps user data, with /USERDATA it deletes them.

!ifndef VERSION
  !error "Say which version: -DVERSION=..."
!endif
!ifndef PAYLOAD
  !error "Say what to install: -DPAYLOAD=..."
!endif
!ifndef OUTPUT
  !define OUTPUT "Earmark-${VERSION}-setup.exe"
!endif
!ifndef ART
  !define ART "${__FILEDIR__}/../../build/art"
!endif

Unicode true
ManifestDPIAware true
SetCompressor /SOLID lzma
Name "Earmark"
OutFile "${OUTPUT}"
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\Earmark"
InstallDirRegKey HKCU "Software\Earmark" "InstallDir"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Earmark"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Earmark installer"
VIAddVersionKey "LegalCopyright" "Apache License 2.0"

!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "LogicLib.nsh"
!include "x64.nsh"

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Earmark"
!define CLASSES "Software\Classes"
!define SOUND "Earmark.Sound"
!define CLASSIFIER "Earmark.Classifier"

!define MUI_ICON "${ART}/earmark.ico"
!define MUI_UNICON "${ART}/earmark.ico"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\earmark-app.exe"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_COMPONENTS
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

; Offered under "Open with": what opens a sound by default stays as it is.
!macro Offer EXTENSION
  WriteRegStr HKCU "${CLASSES}\.${EXTENSION}\OpenWithProgids" "${SOUND}" ""
!macroend
!macro Withdraw EXTENSION
  DeleteRegValue HKCU "${CLASSES}\.${EXTENSION}\OpenWithProgids" "${SOUND}"
!macroend
; The endings of FORMATS (engine/audio/formats.py).
!macro EachSound DO
  !insertmacro ${DO} "wav"
  !insertmacro ${DO} "wave"
  !insertmacro ${DO} "rf64"
  !insertmacro ${DO} "bwf"
  !insertmacro ${DO} "w64"
  !insertmacro ${DO} "aif"
  !insertmacro ${DO} "aiff"
  !insertmacro ${DO} "aifc"
  !insertmacro ${DO} "au"
  !insertmacro ${DO} "snd"
  !insertmacro ${DO} "caf"
  !insertmacro ${DO} "sph"
  !insertmacro ${DO} "nist"
  !insertmacro ${DO} "flac"
  !insertmacro ${DO} "ogg"
  !insertmacro ${DO} "oga"
  !insertmacro ${DO} "opus"
  !insertmacro ${DO} "spx"
  !insertmacro ${DO} "mp3"
  !insertmacro ${DO} "mp2"
  !insertmacro ${DO} "aac"
  !insertmacro ${DO} "m4a"
  !insertmacro ${DO} "m4b"
  !insertmacro ${DO} "mp4"
  !insertmacro ${DO} "mov"
  !insertmacro ${DO} "3gp"
  !insertmacro ${DO} "mka"
  !insertmacro ${DO} "mkv"
  !insertmacro ${DO} "webm"
  !insertmacro ${DO} "wma"
  !insertmacro ${DO} "amr"
  !insertmacro ${DO} "gsm"
!macroend

Function .onInit
  ${IfNot} ${RunningX64}
    MessageBox MB_ICONSTOP "Earmark needs a 64-bit Windows." /SD IDOK
    Abort
  ${EndIf}
FunctionEnd

Section "Earmark"
  ; What an older version left must not mix with this one; only the folder that we fill ourselves.
  RMDir /r "$INSTDIR\_internal"
  SetOutPath "$INSTDIR"
  File /r "${PAYLOAD}/*"
  File "${ART}/earmark.ico"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\Earmark.lnk" "$INSTDIR\earmark-app.exe" "" "$INSTDIR\earmark.ico"

  WriteRegStr HKCU "Software\Earmark" "InstallDir" "$INSTDIR"
  WriteRegStr HKCU "${CLASSES}\${SOUND}" "" "Sound"
  WriteRegStr HKCU "${CLASSES}\${SOUND}\shell\open\command" "" '"$INSTDIR\earmark-app.exe" "%1"'
  !insertmacro EachSound Offer
  WriteRegStr HKCU "${CLASSES}\${CLASSIFIER}" "" "Earmark classifier"
  WriteRegStr HKCU "${CLASSES}\${CLASSIFIER}\DefaultIcon" "" "$INSTDIR\earmark.ico"
  WriteRegStr HKCU "${CLASSES}\${CLASSIFIER}\shell\open\command" "" '"$INSTDIR\earmark-app.exe" "%1"'
  WriteRegStr HKCU "${CLASSES}\.safetensors\OpenWithProgids" "${CLASSIFIER}" ""
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'

  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" $0
  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Earmark"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\earmark.ico"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
SectionEnd

Section "un.Earmark"
  SectionIn RO
  ; Only what the installer made: the user may have chosen a folder that held other things.
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\earmark.exe"
  Delete "$INSTDIR\earmark-app.exe"
  Delete "$INSTDIR\earmark.ico"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  Delete "$SMPROGRAMS\Earmark.lnk"
  !insertmacro EachSound Withdraw
  DeleteRegValue HKCU "${CLASSES}\.safetensors\OpenWithProgids" "${CLASSIFIER}"
  DeleteRegKey HKCU "${CLASSES}\${SOUND}"
  DeleteRegKey HKCU "${CLASSES}\${CLASSIFIER}"
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegValue HKCU "Software\Earmark" "InstallDir"
  System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
SectionEnd

; Not chosen unless asked for: classifiers, settings and kept features. Sounds and runs in the
; user's Documents are never touched.
Section /o "un.My classifiers and settings" USERDATA
  RMDir /r "$LOCALAPPDATA\Earmark"
  DeleteRegKey HKCU "Software\Earmark"
SectionEnd

Function un.onInit
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/USERDATA" $1
  ${IfNot} ${Errors}
    SectionSetFlags ${USERDATA} ${SF_SELECTED}
  ${EndIf}
FunctionEnd
