; Inno Setup: the program for Windows. iscc /DVersion=0.1.0 packaging\windows\cnnstudio.iss, after packaging\bundle.py.
; For one person by default. For a lab:  setup.exe /VERYSILENT /ALLUSERS /DIR="D:\CNN Studio" /LOG
; Unattended removal:  "{app}\unins000.exe" /VERYSILENT.  Both end with 0 where all went well.

[Setup]
AppId={{6E6D0F0B-7B0C-4B7E-9E0B-5C8F5B0C0A51}
AppName=CNN Studio
AppVersion={#Version}
AppPublisher=CNN Studio
DefaultDirName={autopf}\CNN Studio
DefaultGroupName=CNN Studio
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=commandline dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
OutputDir=..\..\dist
OutputBaseFilename=cnnstudio-{#Version}-windows-x64-setup
SetupIconFile=..\..\build\icon.ico
UninstallDisplayIcon={app}\cnnstudio.exe
ChangesAssociations=yes
Compression=lzma2
SolidCompression=yes
WizardStyle=modern
CloseApplications=yes

[Tasks]
Name: desktopicon; Description: "A shortcut on the desktop"; Flags: unchecked

[Files]
Source: "..\..\dist\cnnstudio\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\CNN Studio"; Filename: "{app}\cnnstudio.exe"
Name: "{autodesktop}\CNN Studio"; Filename: "{app}\cnnstudio.exe"; Tasks: desktopicon

[Registry]
Root: HKA; Subkey: "Software\Classes\.cnn"; ValueType: string; ValueData: "CNNStudio.Project"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\.lesson"; ValueType: string; ValueData: "CNNStudio.Project"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\CNNStudio.Project"; ValueType: string; ValueData: "CNN Studio project"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\CNNStudio.Project\DefaultIcon"; ValueType: string; ValueData: "{app}\cnnstudio.exe,0"
Root: HKA; Subkey: "Software\Classes\CNNStudio.Project\shell\open\command"; ValueType: string; ValueData: """{app}\cnnstudio.exe"" ""%1"""

[Run]
Filename: "{app}\cnnstudio.exe"; Description: "Start CNN Studio"; Flags: nowait postinstall skipifsilent
